/** One simulated run in this process, with every invariant checked. */
import { createInvariants } from '../../sim/invariants/create.js'
import type { Violation } from '../../sim/invariants/violation.js'
import { runScenario, type ScenarioInit, type ScenarioOutcome } from '../../sim/scenario.js'
import type { Topology } from '../../topology/index.js'
import { createSimIdentities } from '../sim-identities.js'
import type { SimPlan } from './plan.js'
import type { SimTrainers } from './trainers.js'

/** Largest part of virtual time that evaluations while training may take. */
const EVALUATION_SHARE = 0.1

export interface PlannedRun {
  readonly outcome: ScenarioOutcome
  /** In the order of time; a run that does not come to its end breaks a promise, whatever the single checks say. */
  readonly broken: readonly Violation[]
}

export async function runPlanned(
  topology: Topology,
  { manifest, faults }: Pick<SimPlan, 'manifest' | 'faults'>,
  trainers: SimTrainers,
  { seed, mode }: { readonly seed: number; readonly mode: 'sync' | 'async' },
  beside: Pick<ScenarioInit, 'observers' | 'onLog' | 'signal' | 'evaluationShare'> = {}
): Promise<PlannedRun> {
  const invariants = createInvariants()
  const outcome = await runScenario({
    topology,
    manifest,
    identities: createSimIdentities(topology.peers, seed),
    seed,
    faults,
    mode,
    trainer: trainers.open,
    evaluationShare: EVALUATION_SHARE,
    pulseMs: trainers.pulseMs,
    drain: () => new Promise(resolve => setImmediate(resolve)),
    ...beside,
    observers: [invariants, ...(beside.observers ?? [])]
  })
  const { broken } = invariants
  const atMs = Math.round(1000 * outcome.virtualSeconds)
  if (outcome.end === 'stalled')
    return { outcome, broken: [...broken, { id: 'I5', peer: null, atMs, detail: 'training stood still' }] }
  if (outcome.end === 'unsettled' && !broken.some(({ id }) => id === 'I4'))
    return {
      outcome,
      broken: [...broken, { id: 'I4', peer: null, atMs, detail: 'honest peers did not settle in time' }]
    }
  return { outcome, broken }
}
