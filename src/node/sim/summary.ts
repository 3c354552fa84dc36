/** The summary of a simulated run: a testnet's, and whether everything held that must. */
import { parameterCount } from '../../core/protocol/init.js'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { Violation } from '../../sim/invariants/violation.js'
import type { ScenarioOutcome } from '../../sim/scenario.js'
import type { FaultTally, SimSummaryRecord } from '../json.js'
import { roundSeconds } from '../records.js'
import type { Style } from '../report/ansi.js'
import { formatSummary } from '../report/summary.js'
import { formatNumbers, formatPlural, formatSeconds } from '../report/units.js'
import { denseBytes } from '../testnet/board.js'
import type { AloneCurve } from '../testnet/calls.js'
import { mean, meanMax, spread } from '../testnet/summarise.js'
import { processUsage } from '../usage.js'

export interface SimSummaryInit {
  readonly manifest: Manifest
  readonly seed: number
  readonly outcome: ScenarioOutcome
  readonly broken: readonly Violation[]
  readonly alone: readonly AloneCurve[]
  /** From the start of the process to the end of the run. */
  readonly wallSeconds: number
  readonly firstEvaluationSeconds: number | null
  /** Null: the run had no fault file. */
  readonly faults: FaultTally | null
}

export function summariseSim(init: SimSummaryInit): SimSummaryRecord {
  const { manifest, seed, outcome, alone, wallSeconds, firstEvaluationSeconds } = init
  const { peers, hostile, missing, besieged } = outcome
  const params = parameterCount(manifest.params.tensors)
  const epochs = peers.length === 0 ? 0 : Math.min(...peers.map(({ status }) => status.epoch))
  const digests = new Set(peers.map(({ stateDigest }) => stateDigest))
  const payload = peers.map(({ status }) => status.payloadBytesReceived)
  const received = peers.map(({ traffic }) => traffic.received)
  const evaluated = peers.flatMap(({ evaluation }) => (evaluation === null ? [] : [evaluation.accuracy]))
  const all = peers.length + hostile.length + missing.length
  const usage = processUsage()
  return {
    type: 'summary',
    peers: all,
    epochs,
    params,
    wallSeconds: roundSeconds(wallSeconds),
    firstEvaluationSeconds: firstEvaluationSeconds === null ? null : roundSeconds(firstEvaluationSeconds),
    accuracy: evaluated.length === 0 ? null : spread(evaluated),
    aloneAccuracy: alone.length === 0 ? null : spread(alone.map(({ final }) => final.accuracy)),
    digestsEqual: digests.size === 1,
    digest: digests.size === 1 ? peers[0]!.stateDigest : null,
    payloadBytesReceivedPerPeer: meanMax(payload),
    wireBytesSentPerPeer: meanMax(peers.map(({ traffic }) => traffic.sent)),
    wireBytesReceivedPerPeer: meanMax(received),
    denseBytesPerPeer: denseBytes(all, epochs, params),
    wireToPayload: payload.length > 0 && mean(payload) > 0 ? mean(received) / mean(payload) : null,
    discardedSteps: peers.reduce((sum, { status }) => sum + status.discardedSteps, 0),
    cpuSeconds: roundSeconds(usage.cpuSeconds),
    peakRssBytes: usage.peakRssBytes,
    swarm: swarmId(manifest),
    seed,
    missingPeers: missing,
    ...(init.faults === null ? {} : { faults: init.faults }),
    hostilePeers: hostile,
    besiegedPeers: besieged,
    end: outcome.end,
    invariantsBroken: init.broken,
    virtualSeconds: roundSeconds(outcome.virtualSeconds),
    settleSeconds: roundSeconds(outcome.settleSeconds),
    events: outcome.events,
    eventLogDigest: outcome.eventLogDigest
  }
}

export interface SimTextOptions {
  readonly columns: number
  readonly style: Style
}

/** Broken invariants shown; the JSON has all. */
const SHOWN = 5

/** The table of a testnet, and what only a simulator can say. */
export function formatSimSummary(summary: SimSummaryRecord, options: SimTextOptions): string {
  const { hostilePeers, besiegedPeers, invariantsBroken, virtualSeconds, settleSeconds, eventLogDigest } = summary
  const { green, red } = options.style
  const honest = { ...summary, peers: summary.peers - hostilePeers.length }
  const line = (label: string, text: string) => `${label.padEnd(options.columns >= 72 ? 22 : 14)}${text}\n`
  const broken = invariantsBroken.length
  const named = (peers: readonly number[]) => `${peers.length === 1 ? 'peer' : 'peers'} ${formatNumbers(peers)}`
  const ends = {
    settled: `settled in ${formatSeconds(settleSeconds)}`,
    unsettled: `not settled ${formatSeconds(settleSeconds)} after training`,
    stalled: 'given up, as training stood still',
    deserted: 'given up, as nobody was left'
  }
  return [
    formatSummary(honest, options),
    ...(hostilePeers.length === 0 ? [] : [line('hostile', named(hostilePeers))]),
    ...(besiegedPeers.length === 0
      ? []
      : [line('besieged', `${named(besiegedPeers)}: neighbours half hostile or more`)]),
    line('virtual time', `${formatSeconds(virtualSeconds)}, ${ends[summary.end]}`),
    line('event log', eventLogDigest.slice(0, 16)),
    line('invariants', broken === 0 ? green('all hold') : red(`${formatPlural(broken, 'time')} broken`)),
    ...invariantsBroken.slice(0, SHOWN).map(violation => line('', describeViolation(violation))),
    ...(broken > SHOWN ? [line('', `… and ${broken - SHOWN} more`)] : [])
  ].join('')
}

export function describeViolation({ id, peer, atMs, detail }: Violation): string {
  return `${id}${peer === null ? '' : ` peer ${peer}`} at ${formatSeconds(atMs / 1000)}: ${detail}`
}

/** Why a run could not go on although no promise was broken. */
export function describeDesertion(summary: SimSummaryRecord): string {
  const { peers, hostilePeers, besiegedPeers, virtualSeconds } = summary
  const honest = peers - hostilePeers.length
  const when = `the run was given up at ${formatSeconds(virtualSeconds)} of virtual time, and no invariant was broken`
  const remedy = 'keep more of them, or use a larger topology'
  if (honest === 0) return `every peer is hostile; ${when}; ${remedy}`
  if (besiegedPeers.length === honest)
    return `every honest peer is besieged, with half of its neighbours or more hostile; ${when}; ${remedy}`
  const others = besiegedPeers.length === 0 ? '' : ' that is not besieged'
  return `every honest peer${others} is down or away, and nothing brings one back; ${when}; ${remedy}`
}
