/**
 * How fast the epochs of a swarm of people's devices follow each other. Devices on one table could do forty a second, which
 * helps nobody: bytes go with epochs, and so does how long somebody may be away before its work must be sent again.
 */
import type { Manifest } from '../../core/protocol/manifest.js'

/** Seconds: of a swarm that people watch to its end, and of one that is there for weeks (512 epochs are 85 minutes). */
export function usualPace(forever: boolean | undefined): number {
  return forever ? 10 : 1
}

/** What the manifest's clock says of it. A straggler is waited for as long as by default, or three epochs. @param pace seconds */
export function paced(pace: number): Pick<Manifest['clock'], 'minEpochMs' | 'maxEpochMs'> {
  const minEpochMs = Math.round(pace * 1000)
  return { minEpochMs, maxEpochMs: Math.min(86_400_000, Math.max(30_000, 3 * minEpochMs)) }
}
