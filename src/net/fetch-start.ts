/**
 * Brings a given x0 from whoever serves it: range by range, going on elsewhere when one falls silent, and without those who
 * lied. PROTOCOL.md, section 14.
 */
import type { Connection } from '@libp2p/interface'
import { equalBytes, toHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'
import { parameterCount } from '../core/protocol/init.js'
import { type Manifest, ManifestError, swarmId } from '../core/protocol/manifest.js'
import { takeStart } from '../core/protocol/start.js'
import { DecodeError } from '../core/wire/error.js'
import { decodeSnapshotRange } from '../core/wire/snapshot.js'
import { encodeStartRequest, maxStartBytes, START_RANGE_BYTES } from '../core/wire/start.js'
import type { Clock, PeerKey } from '../interface.js'
import { type BringComponents, startProtocol } from './bring.js'
import { systemClock } from './clock.js'
import { createDeadline } from './deadline.js'
import { ExchangeError } from './error.js'
import { keyOfPeerId } from './identity.js'
import { ask } from './requests.js'

export interface FetchStartInit extends BringComponents {
  /** Its start is given. */
  readonly manifest: Manifest
  /** Ends the search; nothing else does. */
  readonly signal: AbortSignal
  /** Called with each range. */
  readonly onProgress?: (received: number, total: number) => void
  /** For one range, ms. @default 30_000 */
  readonly rangeMs?: number
}

/** Ranges asked for at once: enough to keep a line of 200 ms and 5 MB/s busy. */
const AT_ONCE = 4
/** Total, hash and the range itself. */
const MAX_ANSWER_BYTES = 8 + 32 + START_RANGE_BYTES
/** Between rounds in which nobody had anything, ms. */
const PAUSE_MS = 500

/** Times in a row that one who is heard alone may be busy. */
const MAX_BUSY = 20

interface Range {
  readonly total: number
  readonly hash: Uint8Array
  readonly bytes: Uint8Array
}

/** What comes in. Whoever tells of the same may add to it. */
interface Download {
  /** Its hash and total. */
  readonly name: string
  readonly hash: Uint8Array
  readonly bytes: Uint8Array
  readonly missing: Set<number>
  readonly from: Set<PeerKey>
}

/**
 * The bytes of x0, checked: `checkedInitialParams` knows it now. Tries all who are connected and welcome, and those who come.
 * Rejects with the reason of the signal.
 */
export async function fetchStart(init: FetchStartInit): Promise<Uint8Array> {
  const { manifest, libp2p, hello, signal, clock = systemClock, rangeMs = 30_000, onProgress } = init
  const protocol = startProtocol(swarmId(manifest))
  const n = parameterCount(manifest.params.tensors)
  const liars = new Set<PeerKey>()
  /** Once somebody lied among several, each is heard alone: then it is clear who. */
  let alone = false
  let download: Download | undefined
  /** Of which download each told: an honest peer has one x0 and no other. */
  const told = new Map<PeerKey, string>()
  /** Downloads that nobody went on with while others told of another one; heard again when those fail, too. */
  const doubted = new Set<string>()
  let contradicted = false
  /** Nobody had anything in the last round. */
  let stuck = false

  async function range(connection: Connection, offset: number): Promise<Range | 'busy'> {
    const limit = createDeadline(clock, rangeMs, signal)
    try {
      const open = (inner: AbortSignal) => connection.newStream(protocol, { signal: inner })
      const answer = decodeSnapshotRange(await ask(open, encodeStartRequest(offset), MAX_ANSWER_BYTES, limit))
      if (answer === 'busy') return answer
      const { totalBytes: total, digest: hash, bytes } = answer
      if (total < 1 + n || total > maxStartBytes(n) || bytes.length !== Math.min(START_RANGE_BYTES, total - offset))
        throw new DecodeError('out-of-range', 'a range of another size')
      return { total, hash: hash.slice(), bytes }
    } finally {
      limit.clear()
    }
  }

  /** Asks for the next ranges. */
  async function pull(connection: Connection, from: PeerKey): Promise<'more' | 'busy' | 'nothing'> {
    const its = told.get(from)
    if (its !== undefined && doubted.has(its)) return 'nothing'
    // Of two that contradict each other one lies; the end will tell whether it was the first.
    if (its !== undefined && download !== undefined && its !== download.name) {
      contradicted = true
      return 'nothing'
    }
    // What is missing may not even be there for those who were not heard yet.
    const begins = download === undefined || (stuck && its === undefined)
    const offsets = begins ? [0] : [...download!.missing].slice(0, AT_ONCE)
    const results = await Promise.allSettled(
      offsets.map(async offset => {
        const answer = await range(connection, offset)
        return answer === 'busy' ? answer : take(answer, offset, from)
      })
    )
    for (const result of results) if (result.status === 'rejected' && isLie(result.reason)) liars.add(from)
    const got = results.map(result => (result.status === 'fulfilled' ? result.value : 'nothing'))
    return got.find(what => what === 'more') ?? got.find(what => what === 'busy') ?? 'nothing'
  }

  function take({ total, hash, bytes }: Range, offset: number, from: PeerKey): 'more' | 'nothing' {
    const name = `${toHex(hash)} ${total}`
    if ((told.get(from) ?? name) !== name) liars.add(from)
    if (liars.has(from)) return 'nothing'
    told.set(from, name)
    if (doubted.has(name)) return 'nothing'
    download ??= begin(name, total, hash)
    contradicted ||= download.name !== name
    if (download.name !== name || !download.missing.delete(offset)) return 'nothing'
    download.bytes.set(bytes, offset)
    download.from.add(from)
    onProgress?.(download.bytes.length - download.missing.size * START_RANGE_BYTES, download.bytes.length)
    return 'more'
  }

  /** @returns the bytes when all are there and true */
  function finished(): Uint8Array | undefined {
    if (download === undefined || download.missing.size > 0) return undefined
    const { bytes, hash, from } = download
    download = undefined
    try {
      if (equalBytes(digest(bytes), hash)) {
        takeStart(manifest, bytes)
        return bytes
      }
      // Somebody's range was not of what it promised.
      if (from.size > 1) {
        alone = true
        return undefined
      }
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error
    }
    for (const liar of from) liars.add(liar)
    return undefined
  }

  for (;;) {
    signal.throwIfAborted()
    let came = false
    contradicted = false
    for (const connection of libp2p.getConnections()) {
      const from = keyOfPeerId(connection.remotePeer)
      if (from === undefined || connection.status !== 'open' || !hello.isWelcome(connection)) continue
      if (alone) download = undefined
      for (let busy = 0; !liars.has(from) && busy < MAX_BUSY; ) {
        const got = await pull(connection, from)
        signal.throwIfAborted()
        if (got === 'nothing' || (got === 'busy' && !alone)) break
        if (got === 'busy') {
          busy++
          await pause(clock, hello.onWelcome, signal)
          continue
        }
        came = true
        busy = 0
        const bytes = finished()
        if (bytes !== undefined) return bytes
      }
    }
    stuck = !came
    if (came) continue
    if (download !== undefined && contradicted) {
      doubted.add(download.name)
      download = undefined
      continue
    }
    doubted.clear()
    await pause(clock, hello.onWelcome, signal)
  }
}

function begin(name: string, total: number, hash: Uint8Array): Download {
  const ranges = Math.ceil(total / START_RANGE_BYTES)
  const missing = new Set(Array.from({ length: ranges }, (_, i) => i * START_RANGE_BYTES))
  return { name, hash, bytes: new Uint8Array(total), missing, from: new Set() }
}

function isLie(error: unknown): boolean {
  return error instanceof DecodeError || (error instanceof ExchangeError && error.reason === 'oversized')
}

/** Until somebody comes, or a little while. */
function pause(clock: Clock, onWelcome: (listener: () => void) => () => void, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      cancel()
      undo()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const undo = onWelcome(done)
    const cancel = clock.after(PAUSE_MS, done)
    signal.addEventListener('abort', done, { once: true })
  })
}
