/** A whole run: a topology, faults and a seed in; production peers on virtual time; what became of them out. */
import { checksum } from '../core/checksum.js'
import type { Manifest } from '../core/protocol/manifest.js'
import { setDigest } from '../core/protocol/step.js'
import { createRandom } from '../core/random.js'
import { compileFaults, type FaultAction, type Faults, type Moment } from '../faults/index.js'
import type { Evaluation, Identity, Trainer } from '../interface.js'
import type { PeerStatus } from '../peer/events.js'
import { components } from '../topology/graph.js'
import type { Topology } from '../topology/index.js'
import { createVirtualClock } from './clock.js'
import { createEventLog } from './eventlog.js'
import { Member, type TrainerRequest } from './member.js'
import { createVirtualNetwork, type LinkRules, type Traffic } from './network.js'
import { observeAll } from './observe-all.js'
import type { RunObserver, RunView } from './observer.js'
import { createWiring } from './wiring.js'

export interface ScenarioInit {
  readonly topology: Topology
  readonly manifest: Manifest
  /** One for each peer of the topology. */
  readonly identities: readonly Identity[]
  readonly seed: number
  /** @default nothing goes wrong */
  readonly faults?: Faults | undefined
  readonly trainer: (request: TrainerRequest) => Trainer | undefined
  /** Lets all pending promises run; the host's `setImmediate`, say. */
  readonly drain: () => Promise<void>
  readonly mode?: 'sync' | 'async' | undefined
  /** @default 1000 */
  readonly pulseMs?: number | undefined
  /** Of links that no fault touches. @default 5 to 50 ms */
  readonly links?: LinkRules | undefined
  /** Largest part of the time that peers evaluate. @default 0 */
  readonly evaluationShare?: number | undefined
  /** Whether a peer rests in this second of the run; asked every second. @default nobody ever does */
  readonly rests?: ((peer: number, seconds: number) => boolean) | undefined
  readonly observers?: readonly RunObserver[] | undefined
  /** After faults and training have ended the run waits so many pulse intervals for all to settle. @default 120 */
  readonly settlePulses?: number | undefined
  /** Gets the event log as text. */
  readonly onLog?: ((text: string) => void) | undefined
  /** Ends the run at the next event. */
  readonly signal?: AbortSignal | undefined
}

/** An honest peer that was there at the end. */
export interface ScenarioPeer {
  readonly peer: number
  readonly status: PeerStatus
  readonly stateDigest: string
  /** Of the own params on everything held out. */
  readonly evaluation: Evaluation | null
  readonly traffic: Readonly<Traffic>
}

export interface ScenarioOutcome {
  readonly peers: readonly ScenarioPeer[]
  /** Honest peers that were not. */
  readonly missing: readonly number[]
  /** First moments of the events that never came. */
  readonly neverCame: readonly Moment[]
  readonly hostile: readonly number[]
  /** Honest peers of whose neighbours half or more are hostile, there or not. */
  readonly besieged: readonly number[]
  /**
   * `settled`: every honest peer has the set of all it can reach; `unsettled`: not in time; `stalled`: training stood still;
   * `deserted`: it did as nobody was left, for ever, to whom anything is promised.
   */
  readonly end: 'settled' | 'unsettled' | 'stalled' | 'deserted'
  readonly virtualSeconds: number
  /** From the end of training to that of the run. */
  readonly settleSeconds: number
  readonly events: number
  readonly messages: number
  readonly eventLogDigest: string
  /** Of the first honest peer that was there at the end; null: there was none. */
  readonly params: Float32Array | null
}

export const SCENARIO_LINK: LinkRules = { loss: 0, duplication: 0, delayMs: [5, 50] }

/** Seconds times a thousand may fall a bit short of the moment; without this time would then stand still. */
const LEAST_MS = 0.001
const SETTLE_PULSES = 120
const BESIEGED_PULSES = 16
const PULSE_MS = 1000
/** Training that has not moved for so many of the longest epochs never will. */
const STALLED_EPOCHS = 20
const STALLED_MS = 60_000

/** Streams of the run's seed. Each peer's disk and hostility have their own. */
const STREAMS = { network: 2, wiring: 3, member: 100_000 }

/** @throws {FaultsError} when the faults do not fit the topology, and what observers and signal throw */
export async function runScenario(init: ScenarioInit): Promise<ScenarioOutcome> {
  const { topology, manifest, seed, drain, signal } = init
  const pulseMs = init.pulseMs ?? PULSE_MS
  const clock = createVirtualClock()
  const log = createEventLog(init.onLog)
  const nothing: Faults = { faults: 1, name: 'none' }
  const faults = init.faults ?? nothing
  const timeline = compileFaults(faults, { peers: topology.peers, edges: topology.edges, seed })
  const index = new Map(init.identities.map(({ key }, peer) => [key, peer]))
  const observer = observeAll([logObserver(), ...(init.observers ?? [])])
  const network = createVirtualNetwork(
    clock,
    createRandom(seed, STREAMS.network),
    init.links ?? SCENARIO_LINK,
    (kind, from, to, bytes, delays) =>
      log.add(
        clock.now(),
        `${kind} ${index.get(from)} ${index.get(to)} ${checksumOf(bytes)} ${delays.length === 1 ? delays[0] : delays.join(' ')}`
      )
  )
  /** Reckoned once for all that carry the same bytes. */
  const checksums = new WeakMap<Uint8Array, number>()
  function checksumOf(bytes: Uint8Array): number {
    const known = checksums.get(bytes)
    if (known !== undefined) return known
    const sum = checksum(bytes)
    checksums.set(bytes, sum)
    return sum
  }
  let news = true
  /** News so far, and how many it takes at the least to move the median epoch: each moves one peer. */
  let told = 0
  let enough = 0
  let failure: { readonly error: unknown } | undefined
  const members = init.identities.slice(0, topology.peers).map(
    (identity, peer) =>
      new Member({
        peer,
        plan: timeline.peers[peer]!,
        identity,
        manifest,
        mode: init.mode ?? 'sync',
        pulseMs,
        evaluationShare: init.evaluationShare ?? 0,
        clock,
        network,
        random: createRandom(seed, STREAMS.member + peer),
        trainer: init.trainer,
        condition: timeline.condition,
        observer,
        onNews() {
          news = true
          told++
        },
        onError(error) {
          failure ??= { error }
        }
      })
  )
  for (const member of members) member.besieged = isBesieged(member, members, topology.edges)
  const honest = members.filter(({ hostile }) => hostile === null)
  const wiring = createWiring(members, topology.edges, timeline, network, clock, createRandom(seed, STREAMS.wiring))
  let faultsEndedAt: number | null = null
  const view: RunView = {
    manifest,
    faults: init.faults ?? null,
    peers: members,
    edges: topology.edges,
    pulseMs,
    now: () => clock.now(),
    connected: (a, b) => network.connected(members[a]!.key, members[b]!.key) && !timeline.separated(a, b),
    faultsEndedAt: () => faultsEndedAt,
    inFlight: () => network.inFlight()
  }

  function logObserver(): RunObserver {
    const add = (event: string) => log.add(clock.now(), event)
    return {
      onStart: ({ peer, life }, disk) => add(`start ${peer} ${life} ${disk}`),
      onGone: ({ peer }, crash) => add(`gone ${peer} ${crash?.lost} ${crash?.damaged} ${crash?.lied}`),
      onEpoch: ({ peer }, { epoch, closedBy, updates, expected }) =>
        add(`closed ${peer} ${epoch} ${closedBy} ${updates} ${expected}`),
      onSettled: ({ peer }, digest) => add(`settled ${peer} ${digest}`),
      onWarning: ({ peer }, message) => add(`warning ${peer} ${message}`),
      onFault: action => add(`fault ${JSON.stringify(action)}`)
    }
  }

  /** Does what the timeline says. */
  function act(actions: readonly FaultAction[]): void {
    if (actions.length === 0) return
    enough = told // who counts may change
    for (const action of actions) {
      observer.onFault?.(action)
      if (action.do === 'links') setLinks()
      else if (action.do === 'disk') for (const peer of action.peers) members[peer]!.disk.fault = timeline.disk(peer)
      else if ('peers' in action) for (const peer of action.peers) actOn(members[peer]!, action)
    }
    wiring.refresh()
    news = true
  }

  function actOn(member: Member, action: FaultAction & { readonly peers: readonly number[] }): void {
    if (action.do === 'crash') member.crash(action.disk)
    else if (action.do === 'restart') member.start(action.disk)
    else if (action.do === 'freeze') member.hold(true)
    else if (action.do === 'thaw') member.hold(false)
    else if (action.do === 'leave') member.leave()
    else if (action.do === 'return' || action.do === 'join') member.start(null)
  }

  function setLinks(): void {
    network.setFaults((from, to) => timeline.link(index.get(from)!, index.get(to)!))
  }

  /** Lower median of the honest peers that are up. */
  function medianEpoch(): number {
    if (told < enough) return epoch
    let present = 0
    let beyond = 0
    for (const { condition, state } of honest)
      if (condition === 'up' && state) {
        present++
        if (state.clock.epoch > epoch) beyond++
      }
    enough = told + Math.floor(present / 2) + 1 - beyond
    if (told < enough) return epoch
    const epochs = honest.flatMap(({ condition, state }) => (condition === 'up' && state ? [state.clock.epoch] : []))
    return epochs.sort((a, b) => a - b)[Math.ceil(epochs.length / 2) - 1] ?? 0
  }

  let cancelAlarm = () => {}
  let epoch = 0
  /** The timeline moves on, now and when the next moment in seconds comes. */
  function advance(): void {
    epoch = Math.max(epoch, medianEpoch())
    act(timeline.advance({ epoch, seconds: clock.now() / 1000 }))
    cancelAlarm()
    const next = timeline.nextSeconds()
    if (Number.isFinite(next)) cancelAlarm = clock.after(Math.max(LEAST_MS, 1000 * next - clock.now()), advance)
  }

  let seconds = 0
  function everySecond(): void {
    observer.onSecond?.(view)
    seconds++
    if (init.rests !== undefined) for (const member of honest) member.rest(init.rests(member.peer, seconds))
    clock.after(1000, everySecond)
  }

  const here = () => honest.filter(member => member.condition === 'up')
  const up = () => here().filter(member => !member.besieged)
  /** Nobody counts who is up, nor anybody whom the time alone would bring back. */
  const deserted = () =>
    honest.every(member => member.besieged) || (up().length === 0 && !Number.isFinite(timeline.nextSeconds()))
  /** By its stop rule a peer has trained, or rests as all do. */
  const isOver = (state: Member['state']) =>
    state?.trained === true || (manifest.stop.plateau !== null && state?.still === true)
  /** All who count, and there are some. */
  function trained(): boolean {
    let count = 0
    for (const { condition, besieged, state } of honest) {
      if (condition !== 'up' || besieged) continue
      if (!isOver(state)) return false
      count++
    }
    return count > 0
  }

  /**
   * One set in each part that honest peers connect; and all of them say so, unless somebody hostile is there: who keeps telling
   * of another set keeps everybody from being sure.
   */
  function settled(among: readonly Member[]): boolean {
    const sure = honest.length < members.length || among.every(member => member.settled)
    if (!sure || !among.every(({ state }) => isOver(state))) return false
    const inside = new Set(among.map(({ peer }) => peer))
    const edges = topology.edges.filter(([a, b]) => inside.has(a) && inside.has(b))
    return components(topology.peers, edges).every(part => {
      const sets = part.flatMap(peer => (inside.has(peer) ? [members[peer]!.state!] : []))
      // The cheap part first: from one base on, equal sets are of one size. Bases may differ.
      const sizes = new Map(sets.map(({ set }) => [set.base, set.size]))
      return sets.every(({ set }) => sizes.get(set.base) === set.size) && new Set(sets.map(setDigest)).size <= 1
    })
  }

  async function untilEnd(): Promise<ScenarioOutcome['end']> {
    let movedAt = 0
    let moved = 0
    let deadline = Number.POSITIVE_INFINITY
    /** Nobody has to wait longer for the besieged, but some of them make it. */
    let besiegedUntil: number | null = null
    const patience = Math.max(STALLED_MS, STALLED_EPOCHS * manifest.clock.maxEpochMs)
    let stirred = true
    for (;;) {
      if (stirred) await drain()
      if (failure !== undefined) throw failure.error
      signal?.throwIfAborted()
      if (news) {
        news = false
        if (faultsEndedAt === null) {
          advance()
          if (epoch > moved) {
            moved = epoch
            movedAt = clock.now()
          }
          if (trained()) {
            faultsEndedAt = clock.now()
            cancelAlarm()
            act(timeline.end())
            // Where training ends by a plateau, sets may have been equal before the last one came to rest.
            news = true
            deadline = clock.now() + (init.settlePulses ?? SETTLE_PULSES) * pulseMs
          }
        } else if (settled(here())) return 'settled'
        else if (settled(up())) {
          besiegedUntil ??= clock.now() + BESIEGED_PULSES * pulseMs
          if (clock.now() >= besiegedUntil) return 'settled'
        }
        // What that changed may have left promises to run.
        if (news) {
          stirred = true
          continue
        }
      }
      if (faultsEndedAt === null) {
        if (clock.next() > movedAt + patience) return deserted() ? 'deserted' : 'stalled'
      } else if (clock.next() > deadline) return settled(up()) ? 'settled' : 'unsettled'
      // Not in the middle of spreading what somebody hostile published last.
      else if (besiegedUntil !== null && clock.next() > besiegedUntil && settled(up())) return 'settled'
      clock.step()
      stirred = clock.stirred()
    }
  }

  observer.onBegin?.(view)
  setLinks()
  for (const member of members) if (timeline.condition(member.peer) === 'up') member.start(null)
  wiring.refresh(true)
  clock.after(1000, everySecond)
  const end = await untilEnd()
  observer.onEnd?.(view, { settled: end === 'settled' })
  const digests = new Set(up().map(({ state }) => state && setDigest(state)))
  const finished = here().filter(({ state, besieged }) => state && (!besieged || digests.has(setDigest(state))))
  const virtualSeconds = clock.now() / 1000
  const eventLogDigest = log.digest()
  const peers: ScenarioPeer[] = []
  for (const { peer, key, running, trainer } of finished)
    peers.push({
      peer,
      status: running!.status(),
      stateDigest: running!.stateDigest(),
      evaluation: trainer === undefined || trainer.testSamples === 0 ? null : await trainer.evaluate(running!.params()),
      traffic: network.traffic(key)
    })
  return {
    peers,
    missing: honest.filter(member => !finished.includes(member)).map(({ peer }) => peer),
    hostile: members.filter(({ hostile }) => hostile !== null).map(({ peer }) => peer),
    besieged: honest.filter(member => member.besieged).map(({ peer }) => peer),
    neverCame: timeline.never(),
    end,
    virtualSeconds,
    settleSeconds: virtualSeconds - (faultsEndedAt ?? clock.now()) / 1000,
    events: log.lines(),
    messages: network.messages(),
    eventLogDigest,
    params: finished[0]?.running?.params() ?? null
  }
}

/** Whether at least half of the neighbours are hostile. */
function isBesieged({ peer }: Member, members: readonly Member[], edges: Topology['edges']): boolean {
  const neighbours = edges.flatMap(([a, b]) => (a === peer ? [b] : b === peer ? [a] : []))
  const hostile = neighbours.filter(next => members[next]!.hostile !== null).length
  return hostile > 0 && 2 * hostile >= neighbours.length
}
