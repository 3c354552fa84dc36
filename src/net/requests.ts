/** One stream per request: a length-prefixed question, a length-prefixed answer, time and size limited on both sides. */
import type { Stream } from '@libp2p/interface'
import type { PeerKey } from '../interface.js'
import type { Deadline } from './deadline.js'
import { ExchangeError, exchangeError } from './error.js'
import { frames } from './frames.js'

/** Largest request, bytes. */
export const MAX_REQUEST_BYTES = 64 * 1024
/** Largest answer that anyone may ask for, bytes; more comes in ranges. */
export const MAX_ANSWER_BYTES = 4 * 2 ** 20

/** Asks over a fresh stream. Rejects with an {@link ExchangeError}. */
export async function ask(
  open: (signal: AbortSignal) => Promise<Stream>,
  bytes: Uint8Array,
  maxBytes: number,
  limit: Deadline
): Promise<Uint8Array> {
  const { signal } = limit
  let stream: Stream | undefined
  try {
    stream = await limit.race(open(signal))
    const lp = frames(stream, maxBytes)
    await lp.write(bytes, { signal })
    const answer = (await lp.read({ signal })).slice()
    signal.throwIfAborted() // a read that found its bytes buffered never looked at the signal
    await stream.close({ signal })
    return answer
  } catch (cause) {
    const error = exchangeError(cause, signal)
    stream?.abort(error)
    throw error
  }
}

/** Answers one request; whatever goes wrong resets the stream, which is all the asker learns. */
export async function answer(
  stream: Stream,
  handle: (request: Uint8Array) => Promise<Uint8Array>,
  limit: Deadline
): Promise<void> {
  const { signal } = limit
  try {
    const lp = frames(stream, MAX_REQUEST_BYTES)
    const request = (await lp.read({ signal })).slice()
    const bytes = await limit.race(handle(request))
    if (bytes.length > MAX_ANSWER_BYTES) throw new ExchangeError('oversized', `an answer of ${bytes.length} bytes`)
    await lp.write(bytes, { signal })
    await stream.close({ signal })
  } catch (cause) {
    stream.abort(exchangeError(cause, signal))
  }
}

export interface Slots {
  /** @returns gives the slot back, or undefined when none is free */
  take(peer: PeerKey): (() => void) | undefined
}

/** How many inbound requests may be in the works, per neighbour and in total. */
export function createSlots(perPeer: number, total: number): Slots {
  const taken = new Map<PeerKey, number>()
  let sum = 0
  return {
    take(peer) {
      const own = taken.get(peer) ?? 0
      if (own >= perPeer || sum >= total) return undefined
      taken.set(peer, own + 1)
      sum++
      return () => {
        const left = (taken.get(peer) ?? 1) - 1
        if (left === 0) taken.delete(peer)
        else taken.set(peer, left)
        sum--
      }
    }
  }
}
