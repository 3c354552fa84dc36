/** What must hold for a peer that was killed and came back. */
import type { Ready } from './life.js'
import type { PeerLine, Standing } from './lines.js'

export interface Before {
  readonly key: string
  /** The newest that any life told. */
  readonly standing: Standing
}

/** @returns what is wrong; empty when all is right */
export function checkResume(before: Before, ready: Ready): readonly string[] {
  const wrong: string[] = []
  const { standing } = before
  if (ready.key !== before.key) wrong.push(`another identity: ${ready.key}, not ${before.key}`)
  if (ready.state !== 'sound') wrong.push(`its database was ${ready.state}`)
  if (ready.signedEpoch < standing.signedEpoch)
    wrong.push(`forgot that it signed for epoch ${standing.signedEpoch}; knows of ${ready.signedEpoch}`)
  if (ready.signedEpoch === standing.signedEpoch && ready.residual !== standing.residual)
    wrong.push(`another residual after epoch ${standing.signedEpoch}`)
  // The clock is kept with each own update; where it went since, the neighbours tell.
  if (ready.epoch < standing.signedEpoch) wrong.push(`went back to epoch ${ready.epoch} from ${standing.signedEpoch}`)
  return wrong
}

/** Epochs of one life whose local steps were done, but neither sent nor given up by the peer itself. */
export function epochsLost(lines: readonly PeerLine[]): number {
  let lost = 0
  let dropped = 0
  for (const line of lines) {
    if (line.type === 'trained') lost++
    if (line.type === 'signed') lost--
    if (line.type === 'trained' || line.type === 'signed') dropped = line.dropped
  }
  return Math.max(0, lost - dropped)
}
