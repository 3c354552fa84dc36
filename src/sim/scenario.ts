/** A whole run: a topology, faults and a seed in; production peers on virtual time; what became of them out. */
import { checksum } from '../core/checksum.js'
import type { Manifest } from '../core/protocol/manifest.js'
import { setDigest } from '../core/protocol/step.js'
import { createRandom } from '../core/random.js'
import { compileFaults, type FaultAction, type Faults, type Moment } from '../faults/index.js'
import type { Evaluation, Identity, Trainer } from '../interface.js'
import type { PeerStatus } from '../peer/events.js'
import type { Topology } from '../topology/index.js'
import { createVirtualClock } from './clock.js'
import { createEnding } from './ending.js'
import { createEventLog } from './eventlog.js'
import { logObserver } from './log-observer.js'
import { createMedianEpoch } from './median-epoch.js'
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

const SCENARIO_LINK: LinkRules = { loss: 0, duplication: 0, delayMs: [5, 50] }

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
  const observer = observeAll([logObserver(event => log.add(clock.now(), event)), ...(init.observers ?? [])])
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
  const median = createMedianEpoch()
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
          median.moved()
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

  /** Does what the timeline says. */
  function act(actions: readonly FaultAction[]): void {
    if (actions.length === 0) return
    median.recount() // who counts may change
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

  let cancelAlarm = () => {}
  /** The timeline moves on, now and when the next moment in seconds comes. */
  function advance(): void {
    act(timeline.advance({ epoch: median.look(honest), seconds: clock.now() / 1000 }))
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

  const { here, up, deserted, trained, settled } = createEnding({ members, honest, topology, manifest, timeline })

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
          if (median.epoch > moved) {
            moved = median.epoch
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
