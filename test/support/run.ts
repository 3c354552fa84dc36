/** Simulated runs under faults with every invariant checked: one seed, one run. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { type Faults, parseFaults } from '#src/faults/index.js'
import { createInvariants, type Invariants } from '#src/sim/invariants/create.js'
import type { Violation } from '#src/sim/invariants/violation.js'
import type { RunObserver } from '#src/sim/observer.js'
import { runScenario, type ScenarioInit, type ScenarioOutcome } from '#src/sim/scenario.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createTopology, type Topology } from '#src/topology/index.js'
import { drain, testIdentities } from './flock.js'

export interface CheckedRun extends Partial<Omit<ScenarioInit, 'faults'>> {
  readonly manifest: Manifest
  readonly seed: number
  /** @default 16 */
  readonly peers?: number
  /** Fields of a fault file. @default nothing goes wrong */
  readonly faults?: Omit<Faults, 'faults' | 'name'> | Faults
  /** Milliseconds of a local step. @default 10 */
  readonly stepMs?: number
  /** What observers are told is changed on the way to the checks. */
  readonly mutate?: (checks: Invariants) => RunObserver
}

export interface CheckedOutcome extends ScenarioOutcome {
  readonly broken: readonly Violation[]
  readonly excusedDoubles: number
  readonly seed: number
}

/** One of `topology/faults`. */
export function faultFile(name: string): Faults {
  const path = new URL(`../../../../topology/faults/${name}.json`, import.meta.url)
  return parseFaults(readFileSync(path, 'utf8'), `${name}.json`)
}

export async function checkedRun(init: CheckedRun): Promise<CheckedOutcome> {
  const { manifest, seed, peers = 16, stepMs = 10, mutate } = init
  const topology: Topology =
    init.topology ??
    (peers > 5 ? createTopology('regular', { peers, degree: 4, seed }) : createTopology('complete', { peers }))
  const checks = createInvariants()
  const observer = mutate?.(checks) ?? checks
  const outcome = await runScenario({
    identities: await testIdentities(topology.peers, seed),
    drain,
    trainer: ({ peer, clock, slowdown }) =>
      createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer, clock, stepMs: stepMs * slowdown }),
    ...init,
    topology,
    faults: init.faults && { ...init.faults, faults: 1, name: 'test' },
    observers: [...(init.observers ?? []), observer]
  })
  return { ...outcome, broken: checks.broken, excusedDoubles: checks.excusedDoubles(), seed }
}

/** One violation a line. */
export function tellBroken(broken: readonly Violation[]): string {
  return broken
    .slice(0, 10)
    .map(
      ({ id, peer, atMs, detail }) => `${id}${peer === null ? '' : ` peer ${peer}`} at ${atMs.toFixed(0)} ms: ${detail}`
    )
    .join('\n')
}

export function assertUnbroken({ broken, end, seed }: CheckedOutcome): void {
  assert.equal(broken.length, 0, `seed ${seed}:\n${tellBroken(broken)}`)
  assert.equal(end, 'settled', `seed ${seed}`)
}
