/** How a page that only has an invite comes by the manifest, and by x0 where that is given. */
import { setMaxListeners } from 'main-event'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { Network } from '../../member/network.js'
import { type Brought, fetchManifest, serveManifest } from '../../net/bring.js'
import { fetchStart } from '../../net/fetch-start.js'
import type { BrowserHome } from './storage/home.js'

/** Between questions while nobody has answered, ms; whoever is newly connected is asked at once. */
const AGAIN_MS = 3000

/** Asks whoever is connected until one has told. Rejects when aborted. */
export function bringManifest({ libp2p, hello }: Network, swarm: string, signal: AbortSignal): Promise<Brought> {
  return insist(hello, signal, () => fetchManifest({ libp2p, hello, swarmId: swarm, signal }))
}

/** x0 as bytes, kept for the next visit; undefined where the manifest draws it. Rejects when aborted. */
export async function bringStart(
  home: BrowserHome,
  manifest: Manifest,
  { libp2p, hello }: Network,
  signal: AbortSignal
): Promise<Uint8Array | undefined> {
  if (manifest.params.start !== 'given') return undefined
  const swarm = swarmId(manifest)
  const kept = await home.get(swarm, 'start')
  if (kept !== undefined) return kept
  const bytes = await fetchStart({ libp2p, hello, manifest, signal })
  await home.put(swarm, 'start', bytes)
  return bytes
}

/** From now on this page brings the same to others. @returns stops it */
export function serveNewcomers(
  manifest: Manifest,
  start: Uint8Array | undefined,
  { libp2p, hello }: Network,
  standing: () => { readonly participants: number; readonly epoch: number }
): Promise<() => Promise<void>> {
  return serveManifest({ manifest, start, standing }, { libp2p, hello })
}

async function insist<T>(hello: Network['hello'], signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  setMaxListeners(Number.POSITIVE_INFINITY, signal)
  for (;;) {
    signal.throwIfAborted()
    const next = somebodyNew(hello, signal)
    try {
      return await attempt()
    } catch {
      await next.promise
    } finally {
      next.stop()
    }
  }
}

/** Resolves when somebody is welcome, after a while in any case, or when it is over. */
function somebodyNew(hello: Network['hello'], signal: AbortSignal): { promise: Promise<void>; stop(): void } {
  let stop = (): void => {}
  const promise = new Promise<void>(resolve => {
    const undo = hello.onWelcome(() => resolve())
    const timer = setTimeout(resolve, AGAIN_MS)
    const aborted = (): void => resolve()
    signal.addEventListener('abort', aborted, { once: true })
    stop = () => {
      undo()
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
    }
  })
  return { promise, stop }
}
