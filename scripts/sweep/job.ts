/** One run of the sweep: all that a worker needs to know, and what it tells. */
import type { Faults } from '#src/faults/index.js'
import { planSim } from '#src/node/sim/plan.js'
import { runPlanned } from '#src/node/sim/run.js'
import type { Violation } from '#src/sim/invariants/violation.js'
import type { ScenarioOutcome } from '#src/sim/scenario.js'
import type { Topology } from '#src/topology/index.js'

export interface Job {
  readonly topology: Topology
  readonly faults: Faults | undefined
  readonly seed: number
  readonly epochs: number
  readonly mode: 'sync' | 'async'
}

export interface JobResult {
  /** Empty when all hold. */
  readonly broken: readonly Violation[]
  readonly end: ScenarioOutcome['end']
  readonly virtualSeconds: number
  /** Of virtual time, from the end of training to equal digests. */
  readonly settleSeconds: number
  readonly events: number
  /** User and system. */
  readonly cpuSeconds: number
}

/** The very run that `starlings sim --trainer synthetic` makes of the same flags. */
export async function runJob({ topology, faults, seed, epochs, mode }: Job): Promise<JobResult> {
  const before = process.cpuUsage()
  const options = { trainer: 'synthetic', seed, epochs, mode } as const
  const plan = await planSim(topology, faults, options)
  try {
    const { outcome, broken } = await runPlanned(topology, plan, await plan.trainers(), options)
    const { end, virtualSeconds, settleSeconds, events } = outcome
    return { broken: [...broken], end, virtualSeconds, settleSeconds, events, cpuSeconds: cpuSince(before) }
  } catch (error) {
    // What no fault explains is as bad as a broken promise, and shrinks the same way.
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return endedBadly(detail, cpuSince(before))
  }
}

/** @param detail what is known of why */
export function endedBadly(detail: string, cpuSeconds = 0): JobResult {
  const crashed: Violation = { id: 'I7', peer: null, atMs: 0, detail }
  return { broken: [crashed], end: 'stalled', virtualSeconds: 0, settleSeconds: 0, events: 0, cpuSeconds }
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
