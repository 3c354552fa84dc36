/** How much of a device's disk a swarm may take, by its manifest: whoever invites chooses that. PROTOCOL.md, section 9, I10. */
import { parameterCount } from '../../../core/protocol/init.js'
import type { Manifest } from '../../../core/protocol/manifest.js'
import { bytes } from './format.js'

/** Of a parameter: x0, the snapshot, the residual, the optimiser's state, and the model that learns alone. */
const PARAMETER_BYTES = 64
/** A ledger, 2 MiB, and what is small; before and while a snapshot takes the place of another one. */
const FIXED_BYTES = 8e6
/** A store holds twice the raw updates while it puts them in order, and a quarter for own ones from before. */
const COPIES = 2.25

export interface Room {
  /** When as much is published as the swarm's budget says. */
  readonly usualBytes: number
  /** Whatever the others do. */
  readonly mostBytes: number
}

/** Without files of the person's own, which are kept beside it. */
export function roomNeeded({ params, gossip, limits, clock, aggregation }: Manifest): Room {
  const model = parameterCount(params.tensors) * PARAMETER_BYTES + FIXED_BYTES
  const perEpoch = limits.maxAuthors * limits.maxUpdateBytes
  const epochs = limits.retentionEpochs + 96 + clock.stalenessBound
  // Late updates can still change these, so they stay, however many bytes they are; and what came in the last 32 epochs.
  const kept = limits.retentionBytes + (clock.stalenessBound + aggregation.liveWindow + 32) * gossip.budgetBytes
  const mostUpdates = Math.min(kept, epochs * perEpoch)
  const usualUpdates = Math.min(kept, limits.retentionEpochs * gossip.budgetBytes)
  return { usualBytes: model + usualUpdates, mostBytes: model + COPIES * mostUpdates }
}

export function roomInWords(manifest: Manifest): string {
  const { usualBytes, mostBytes } = roomNeeded(manifest)
  return `About ${megabytes(usualBytes)} once it has run for long, and at most about ${megabytes(mostBytes)}.`
}

/** @param freeBytes that the browser still gives this page @returns what to warn of; null when there is room enough */
export function roomProblem(manifest: Manifest, freeBytes: number): string | null {
  const { usualBytes, mostBytes } = roomNeeded(manifest)
  if (freeBytes >= mostBytes) return null
  const least = freeBytes < usualBytes ? 'This is less than the swarm usually takes. ' : ''
  return (
    `This browser has ${megabytes(freeBytes)} left for this page, and the swarm may take up to ${megabytes(mostBytes)}. ` +
    `${least}When nothing can be kept any more, this device publishes nothing until there is room.`
  )
}

/** As people compare them with what their device says is free. */
function megabytes(value: number): string {
  return value >= 1e9 ? bytes(value) : `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB`
}
