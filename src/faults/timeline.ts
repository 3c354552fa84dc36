/** A fault file in force: what begins and ends when, and what holds now. Same file, peers and seed: same choices. */
import { checkNumbers } from './check.js'
import { createDraws } from './draws.js'
import type { DiskFault, FaultEvent, Faults, Moment, Span } from './faults.js'
import { directionsOf, type LinkFaults, mergeLinkRules } from './links.js'
import { type PeerPlan, planPeers } from './plans.js'
import { selectPeers } from './select.js'

/** Where a run stands: the epoch of its median honest peer, and the time since its start. */
export interface FaultTime {
  readonly epoch: number
  readonly seconds: number
}

export type FaultAction = {
  /** The entry it comes from, such as `events.2`. */
  readonly entry: string
} & (
  | { readonly do: 'crash' | 'restart'; readonly peers: readonly number[]; readonly disk: 'kept' | 'lost' | 'torn' }
  | { readonly do: 'freeze' | 'thaw' | 'leave' | 'return' | 'join'; readonly peers: readonly number[] }
  | { readonly do: 'partition' | 'heal'; readonly groups: readonly (readonly number[])[] }
  | { readonly do: 'disk'; readonly peers: readonly number[]; readonly fault: DiskFault | null }
  /** Ask {@link Timeline.link} again. */
  | { readonly do: 'links' }
)

export type PeerCondition = 'up' | 'absent' | 'crashed' | 'frozen' | 'left'

export interface Timeline {
  readonly peers: readonly PeerPlan[]
  /** What begins or ends by now, ends first, then in the order of the file. Time must not go back. */
  advance(now: FaultTime): readonly FaultAction[]
  /** Ends everything that ends: links and disks work, cuts heal, and whoever is to come back does. Nothing begins any more. */
  end(): readonly FaultAction[]
  /** When something is due by the time alone, in seconds; infinity: never, so far. */
  nextSeconds(): number
  /** What is wrong now with what `from` sends to `to`. */
  link(from: number, to: number): LinkFaults
  /** Whether a partition keeps them apart now. */
  separated(a: number, b: number): boolean
  disk(peer: number): DiskFault | null
  condition(peer: number): PeerCondition
  /** First moments of the events that have not come, in the order of the file. */
  never(): readonly Moment[]
}

export interface CompileInit {
  readonly peers: number
  /** Of the topology. */
  readonly edges: readonly (readonly [number, number])[]
  readonly seed: number
}

interface Pending {
  readonly at: Moment
  readonly run: () => FaultAction
}

interface Repeating {
  readonly event: FaultEvent
  readonly index: number
  turn: number
}

/** @throws {FaultsError} when the file does not fit the peers */
export function compileFaults(faults: Faults, { peers, edges, seed }: CompileInit): Timeline {
  checkNumbers(faults, peers, edges)
  const draws = createDraws(faults, seed)
  const { plans, joiners } = planPeers(faults, peers, edges, draws)
  const everyone = Array.from({ length: peers }, (_, peer) => peer)
  const rules = (faults.links ?? []).map((rule, i) => ({
    rule,
    meant: directionsOf(rule, peers, edges, draws('links', i)),
    active: false
  }))
  const disks = (faults.disks ?? []).map(({ peers: selection, ...rule }, i) => {
    const honest = (peer: number) => plans[peer]!.hostile === null
    return { ...rule, peers: selectPeers(selection, peers, honest, draws('disks', i)), active: false }
  })
  const events: Repeating[] = (faults.events ?? []).map((event, index) => ({ event, index, turn: 0 }))
  const late = plans.map(plan => plan.late)
  const conditions: PeerCondition[] = late.map(isLate => (isLate ? 'absent' : 'up'))
  const cuts = new Set<Int32Array>()
  let pending: Pending[] = []
  let now: FaultTime = { epoch: 0, seconds: 0 }
  let ended = false
  const links = new Map<number, LinkFaults>()

  const reached = (moment: Moment): boolean =>
    'epoch' in moment ? now.epoch >= moment.epoch : now.seconds >= moment.seconds
  const after = (span: Span): Moment =>
    'epochs' in span ? { epoch: now.epoch + span.epochs } : { seconds: now.seconds + span.seconds }
  const within = ({ from, to }: { from?: Moment | undefined; to?: Moment | undefined }): boolean =>
    !ended && (from === undefined || reached(from)) && (to === undefined || !reached(to))
  const turnAt = ({ event, turn }: Repeating): Moment | undefined => {
    const { at } = event
    if (turn === 0) return at
    if (event.do === 'join' || event.every === undefined) return undefined
    const { every, until } = event
    const next =
      'epoch' in at && 'epochs' in every
        ? { epoch: at.epoch + turn * every.epochs }
        : 'seconds' in at && 'seconds' in every
          ? { seconds: at.seconds + turn * every.seconds }
          : undefined
    if (next === undefined || until === undefined) return next
    if ('epoch' in until && 'epoch' in next) return next.epoch > until.epoch ? undefined : next
    if ('seconds' in until && 'seconds' in next) return next.seconds > until.seconds ? undefined : next
    return reached(until) ? undefined : next
  }

  function begin({ event, index, turn }: Repeating): FaultAction | undefined {
    const entry = `events.${index}`
    const random = draws('events', index, turn)
    if (event.do === 'partition') {
      const groups =
        typeof event.groups === 'number' ? parts(random.shuffle([...everyone]), event.groups) : event.groups
      const cut = new Int32Array(peers).fill(-1)
      groups.forEach((group, i) => {
        for (const peer of group) cut[peer] = i
      })
      cuts.add(cut)
      later(event.for, () => {
        cuts.delete(cut)
        return { entry, do: 'heal', groups }
      })
      return { entry, do: 'partition', groups }
    }
    // Whoever is to join late was drawn before the start.
    const want = event.do === 'join' ? 'absent' : 'up'
    const eligible = (peer: number) => conditions[peer] === want && plans[peer]!.hostile === null
    const chosen =
      event.do === 'join' ? joiners[index]!.filter(eligible) : selectPeers(event.peers, peers, eligible, random)
    if (chosen.length === 0) return undefined
    const set = (condition: PeerCondition) => {
      for (const peer of chosen) conditions[peer] = condition
    }
    if (event.do === 'join') {
      set('up')
      return { entry, do: 'join', peers: chosen }
    }
    const back =
      <T extends FaultAction>(action: T): (() => T) =>
      () => {
        set('up')
        return action
      }
    if (event.do === 'crash') {
      const disk = event.disk ?? 'kept'
      set('crashed')
      later(event.for, back({ entry, do: 'restart', peers: chosen, disk }))
      return { entry, do: 'crash', peers: chosen, disk }
    }
    set(event.do === 'freeze' ? 'frozen' : 'left')
    later(event.for, back({ entry, do: event.do === 'freeze' ? 'thaw' : 'return', peers: chosen }))
    return { entry, do: event.do, peers: chosen }
  }

  function later(span: Span | undefined, run: () => FaultAction): void {
    if (span !== undefined) pending.push({ at: after(span), run })
  }

  /** Rules and disks whose time has come or gone. */
  function* switches(): Iterable<FaultAction> {
    for (const [i, disk] of disks.entries()) {
      if (disk.active === within(disk)) continue
      disk.active = !disk.active
      yield { entry: `disks.${i}`, do: 'disk', peers: disk.peers, fault: disk.active ? disk.fault : null }
    }
    for (const [i, link] of rules.entries()) {
      if (link.active === within(link.rule)) continue
      link.active = !link.active
      links.clear()
      yield { entry: `links.${i}`, do: 'links' }
    }
  }

  return {
    peers: plans,
    advance(time) {
      if (ended) return []
      now = { epoch: Math.max(now.epoch, time.epoch), seconds: Math.max(now.seconds, time.seconds) }
      const actions: FaultAction[] = []
      const due = pending.filter(({ at }) => reached(at))
      pending = pending.filter(({ at }) => !reached(at))
      for (const { run } of due) actions.push(run())
      actions.push(...switches())
      for (const repeating of events)
        for (let at = turnAt(repeating); at !== undefined && reached(at); at = turnAt(repeating)) {
          const action = begin(repeating)
          repeating.turn++
          if (action !== undefined) actions.push(action)
        }
      return actions
    },
    end() {
      if (ended) return []
      ended = true
      const actions = [...pending.map(({ run }) => run()), ...switches()]
      pending = []
      if (cuts.size > 0) {
        cuts.clear()
        actions.push({ entry: 'end', do: 'heal', groups: [everyone] })
      }
      return actions
    },
    nextSeconds() {
      if (ended) return Number.POSITIVE_INFINITY
      const moments = [
        ...pending.map(({ at }) => at),
        ...events.flatMap(event => turnAt(event) ?? []),
        ...[...rules.map(({ rule }) => rule), ...disks].flatMap(({ from, to }) =>
          [from, to].flatMap(moment => (moment === undefined || reached(moment) ? [] : [moment]))
        )
      ]
      return Math.min(
        Number.POSITIVE_INFINITY,
        ...moments.flatMap(moment => ('seconds' in moment ? [moment.seconds] : []))
      )
    },
    link(from, to) {
      const key = from * peers + to
      const known = links.get(key)
      if (known !== undefined) return known
      const merged = mergeLinkRules(
        rules.filter(({ active, meant }) => active && meant(from, to)).map(({ rule }) => rule)
      )
      links.set(key, merged)
      return merged
    },
    separated(a, b) {
      for (const cut of cuts) if (cut[a] !== cut[b]) return true
      return false
    },
    disk(peer) {
      let fault: DiskFault | null = null
      for (const disk of disks) if (disk.active && disk.peers.includes(peer)) fault = disk.fault
      return fault
    },
    condition: peer => conditions[peer]!,
    never: () => events.filter(({ turn }) => turn === 0).map(({ event }) => event.at)
  }
}

function parts(peers: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, i) =>
    peers
      .slice(Math.floor((i * peers.length) / count), Math.floor(((i + 1) * peers.length) / count))
      .sort((a, b) => a - b)
  )
}
