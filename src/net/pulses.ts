/** One long-lived stream per neighbour and direction for small one-way messages. PROTOCOL.md, pulse. */
import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { pipe } from 'it-pipe'
import type { Clock } from '../interface.js'
import { createDeadline } from './deadline.js'
import { ExchangeError, exchangeError } from './error.js'
import { frames } from './frames.js'

/** Largest pulse, bytes; a longer one resets the stream. */
export const MAX_PULSE_BYTES = 16 * 1024

/** Pulses of one neighbour handed on at once, and per second after that; the rest are dropped unread. */
const BURST = 32
const PER_SECOND = 16

export interface PulseLine {
  /** Resolves when written. Rejects with an {@link ExchangeError}; a newer pulse supersedes one that still waits. */
  send(bytes: Uint8Array): Promise<void>
  close(): void
}

export interface PulseLineInit {
  readonly open: (signal: AbortSignal) => Promise<Stream>
  readonly clock: Clock
  /** To open the stream and write one pulse, ms. */
  readonly timeoutMs: number
}

/** The outbound side. At most one pulse is being written and one waits, so a stuck neighbour costs bounded memory. */
export function createPulseLine({ open, clock, timeoutMs }: PulseLineInit): PulseLine {
  const closing = new AbortController()
  let stream: Stream | undefined
  let lp: LengthPrefixedStream<Stream> | undefined
  let writing = false
  let waiting: { bytes: Uint8Array; resolve: () => void; reject: (error: Error) => void } | undefined

  function drop(error: Error): void {
    stream?.abort(error)
    stream = undefined
    lp = undefined
  }

  async function write(bytes: Uint8Array): Promise<void> {
    const limit = createDeadline(clock, timeoutMs, closing.signal)
    try {
      if (lp === undefined || stream?.writeStatus !== 'writable') {
        stream = await limit.race(open(limit.signal))
        lp = frames(stream, MAX_PULSE_BYTES)
      }
      await lp.write(bytes, { signal: limit.signal })
    } catch (cause) {
      const error = exchangeError(cause, limit.signal)
      drop(error)
      throw error
    } finally {
      limit.clear()
    }
  }

  async function writeAll(): Promise<void> {
    if (writing) return
    writing = true
    while (waiting !== undefined) {
      const { bytes, resolve, reject } = waiting
      waiting = undefined
      await write(bytes).then(resolve, reject)
    }
    writing = false
  }

  return {
    send(bytes) {
      return new Promise((resolve, reject) => {
        if (bytes.length > MAX_PULSE_BYTES)
          throw new RangeError(`a pulse has at most ${MAX_PULSE_BYTES} bytes, not ${bytes.length}`)
        if (closing.signal.aborted) throw closing.signal.reason
        waiting?.reject(new ExchangeError('superseded'))
        waiting = { bytes, resolve, reject }
        void writeAll()
      })
    },
    close() {
      const error = new ExchangeError('aborted', 'the neighbour is gone')
      waiting?.reject(error)
      waiting = undefined
      closing.abort(error)
      drop(error)
    }
  }
}

/** The inbound side: hands on every pulse until the stream ends. Rejects when the neighbour broke the rules. */
export async function receivePulses(stream: Stream, clock: Clock, deliver: (bytes: Uint8Array) => void): Promise<void> {
  await pipe(
    pulses(stream),
    source => paced(source, clock),
    async source => {
      for await (const bytes of source) deliver(bytes)
    }
  )
}

async function* pulses(stream: Stream): AsyncGenerator<Uint8Array> {
  const lp = frames(stream, MAX_PULSE_BYTES)
  for (;;) {
    try {
      yield (await lp.read()).slice()
    } catch (error) {
      if (error instanceof Error && error.name === 'UnexpectedEOFError') return
      throw error
    }
  }
}

/** A token bucket: a flood is read, so that it cannot pile up, and dropped. */
async function* paced(source: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  let tokens = BURST
  let at = clock.now()
  for await (const bytes of source) {
    const now = clock.now()
    tokens = Math.min(BURST, tokens + ((now - at) * PER_SECOND) / 1000)
    at = now
    if (tokens < 1) continue
    tokens--
    yield bytes
  }
}
