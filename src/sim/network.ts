/** A virtual network: links with faults between endpoints that offer the same interfaces as real ones. */
import { toHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'
import type { Verdict } from '../core/protocol/verdict.js'
import type { Random } from '../core/random.js'
import type { LinkFaults } from '../faults/index.js'
import type { Clock, Gossip, PeerKey, RequestKind, StreamHandlers, Streams } from '../interface.js'
import { type Link, type LinkRules, pass } from './link.js'
import { createSeen, type Seen } from './seen.js'

export type { LinkRules } from './link.js'

/** A broken stream is noticed after this, milliseconds. */
const RESET_MS = 500
/** Messages that wait for a process that stands still; the rest is dropped, as a full socket does. */
const MAX_HELD = 10_000

export const GOOD_LINK: LinkRules = { loss: 0, duplication: 0, delayMs: [1, 5] }

export interface Endpoint {
  readonly key: PeerKey
  readonly gossip: Gossip
  readonly streams: Streams
  /** Gossips to one neighbour only, as no honest peer does. */
  readonly tell: (to: PeerKey, bytes: Uint8Array) => void
  /** Score lost by each neighbour, as counted here, in all lives. */
  readonly penalties: ReadonlyMap<PeerKey, number>
}

export type MessageKind = 'gossip' | 'pulse' | 'request' | 'answer'

/** A message was put on a link. @param delays until it arrives, milliseconds: none when it is lost, two when doubled */
export type MessageListener = (
  kind: MessageKind,
  from: PeerKey,
  to: PeerKey,
  bytes: Uint8Array,
  delays: readonly number[]
) => void

export interface Traffic {
  /** Bytes of messages put on links and come from them, lost ones counted as sent only. */
  sent: number
  received: number
  /** Messages that arrived. */
  messages: number
}

export interface VirtualNetwork {
  /** Of the process that runs there; after a `kill` that of the next one. */
  endpoint(key: PeerKey): Endpoint
  connect(a: PeerKey, b: PeerKey): void
  disconnect(a: PeerKey, b: PeerKey): void
  connected(a: PeerKey, b: PeerKey): boolean
  /** What is put on the link vanishes, both ways, and neither end notices. It must be connected. */
  cut(a: PeerKey, b: PeerKey, isCut: boolean): void
  /** The process is gone, without a word; its neighbours see the connections end. It never acts again. */
  kill(key: PeerKey): void
  /** The process stands still: what reaches it waits until it is released. */
  hold(key: PeerKey, isHeld: boolean): void
  /** Asks anew what is wrong with each link; null: nothing but the rules. */
  setFaults(faultsOf: (from: PeerKey, to: PeerKey) => LinkFaults | null): void
  /** The rules of every link, from now on. */
  rules: LinkRules
  /** Messages put on a link so far, lost ones included. */
  readonly messages: () => number
  /** On their way now. */
  readonly inFlight: () => number
  traffic(key: PeerKey): Readonly<Traffic>
}

/** One life of a peer's program. */
interface Process extends Endpoint {
  dead: boolean
  handlers: StreamHandlers | undefined
  validate: ((bytes: Uint8Array, from: PeerKey) => Promise<Verdict>) | undefined
  readonly seen: Seen
  readonly penalties: Map<PeerKey, number>
}

interface Node {
  readonly key: PeerKey
  /** What it sends, by receiver. */
  readonly links: Map<PeerKey, Link>
  readonly traffic: Traffic
  readonly penalties: Map<PeerKey, number>
  process: Process
  /** What happens once it is released; null: it runs. */
  held: (() => void)[] | null
}

const NEVER = new Promise<never>(() => {})

export function createVirtualNetwork(
  clock: Clock,
  random: Random,
  rules: LinkRules = GOOD_LINK,
  onMessage?: MessageListener
): VirtualNetwork {
  const nodes = new Map<PeerKey, Node>()
  let messages = 0
  let inFlight = 0
  let faultsOf: (from: PeerKey, to: PeerKey) => LinkFaults | null = () => null

  /** A message's hash, reckoned once though it is carried many times. */
  const ids = new WeakMap<Uint8Array, string>()
  function idOf(bytes: Uint8Array): string {
    const known = ids.get(bytes)
    if (known !== undefined) return known
    const id = toHex(digest(bytes).subarray(0, 16))
    ids.set(bytes, id)
    return id
  }

  /** Something happens to a process, unless it is gone by then. @returns false when nothing did */
  function reach(node: Node, process: Process, happen: () => unknown): unknown {
    if (process.dead) return false
    if (node.held === null) return happen()
    if (node.held.length < MAX_HELD) node.held.push(() => reach(node, process, happen))
    return false
  }

  /** One message over one link. @returns false when it vanished */
  function carry(
    kind: MessageKind,
    from: Node,
    to: PeerKey,
    bytes: Uint8Array,
    deliver: (receiver: Node, bytes: Uint8Array) => unknown
  ): boolean {
    const link = from.links.get(to)
    messages++
    if (link === undefined) return false
    const { delays, bytes: arriving } = pass(link, bytes, clock.now(), kind === 'gossip', network.rules, random)
    onMessage?.(kind, from.key, to, bytes, delays)
    from.traffic.sent += bytes.length
    const receiver = nodes.get(to)!
    const { process } = receiver
    for (const delay of delays) {
      inFlight++
      clock.after(delay, () => {
        inFlight--
        // Whoever stops closes its streams in good order: what it said before still arrives. A cut link loses it.
        const stopped = from.process.handlers === undefined
        if ((!from.links.has(to) || link.cut) && !stopped) return false
        receiver.traffic.received += arriving.length
        receiver.traffic.messages++
        return reach(receiver, process, () => deliver(receiver, arriving))
      })
    }
    return delays.length > 0
  }

  function spread(from: Node, bytes: Uint8Array, except?: PeerKey): number {
    for (const to of from.links.keys())
      if (to !== except) carry('gossip', from, to, bytes, (node, arrived) => receive(node, arrived, from.key))
    return from.links.size
  }

  /** @returns false when it was known */
  function receive(node: Node, bytes: Uint8Array, from: PeerKey): boolean {
    const { process } = node
    if (process.validate === undefined || !process.seen.add(idOf(bytes), clock.now())) return false
    process.validate(bytes, from).then(verdict => {
      if (process.dead) return
      if (verdict.kind === 'accept') spread(node, bytes, from)
      else if (verdict.kind === 'reject') penalise(process, from)
    })
    return true
  }

  function penalise(process: Process, peer: PeerKey): void {
    process.penalties.set(peer, (process.penalties.get(peer) ?? 0) + 1)
  }

  function nodeOf(key: PeerKey): Node {
    const known = nodes.get(key)
    if (known !== undefined) return known
    const node: Omit<Node, 'process'> & { process?: Process } = {
      key,
      links: new Map(),
      traffic: { sent: 0, received: 0, messages: 0 },
      penalties: new Map(),
      held: null
    }
    const made = Object.assign(node, { process: createProcess(node as Node) })
    nodes.set(key, made)
    return made
  }

  function createProcess(node: Node): Process {
    const { key } = node
    const process: Process = {
      key,
      dead: false,
      handlers: undefined,
      validate: undefined,
      seen: createSeen(),
      penalties: node.penalties,
      gossip: {
        async start(validate) {
          process.validate = validate
        },
        async publish(bytes) {
          if (process.dead) return NEVER
          process.seen.add(idOf(bytes), clock.now())
          return spread(node, bytes)
        },
        penalise: peer => penalise(process, peer),
        async stop() {
          process.validate = undefined
        }
      },
      streams: {
        async start(handlers) {
          if (process.dead) return NEVER
          process.handlers = handlers
          for (const peer of node.links.keys()) {
            const other = nodes.get(peer)!
            if (other.process.handlers !== undefined) meet(node, other)
          }
        },
        async pulse(to, bytes) {
          if (process.dead) return NEVER
          carry('pulse', node, to, bytes, ({ process }, arrived) => process.handlers?.pulse(arrived, key))
        },
        request: (to, kind, bytes, options) => (process.dead ? NEVER : request(node, to, kind, bytes, options)),
        async stop() {
          if (process.dead) return NEVER
          process.handlers = undefined
          for (const peer of [...node.links.keys()]) network.disconnect(key, peer)
        }
      },
      tell: (to, bytes) => {
        if (!process.dead) carry('gossip', node, to, bytes, (receiver, arrived) => receive(receiver, arrived, key))
      }
    }
    return process
  }

  function request(
    node: Node,
    to: PeerKey,
    kind: RequestKind,
    bytes: Uint8Array,
    { maxBytes, timeoutMs, signal }: { maxBytes: number; timeoutMs: number; signal?: AbortSignal }
  ): Promise<Uint8Array> {
    const { process } = node
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        cancel()
        signal?.removeEventListener('abort', abort)
        settle()
      }
      const fail = (reason: string) => finish(() => reject(new Error(reason)))
      const abort = () => fail('aborted')
      const cancel = clock.after(timeoutMs, () => reach(node, process, () => fail('no answer in time')))
      signal?.addEventListener('abort', abort)
      /** A vanished part of an exchange breaks its stream, which the asker notices. */
      const breaks = () => clock.after(RESET_MS, () => reach(node, process, () => fail('reset')))
      const answered = (answer: Uint8Array) => {
        if (answer.length <= maxBytes) finish(() => resolve(answer))
        else fail('oversized answer')
      }
      const asked = carry('request', node, to, bytes, (receiver, question) => {
        const reply = (answer: Uint8Array, settle: (answer: Uint8Array) => void) => {
          if (!carry('answer', receiver, node.key, answer, (_, arrived) => settle(arrived))) breaks()
        }
        const { process: answering } = receiver
        answering.handlers?.request(kind, question, node.key).then(
          answer => !answering.dead && reply(answer, answered),
          () => !answering.dead && reply(new Uint8Array(), () => fail('reset'))
        )
      })
      if (!asked) breaks()
    })
  }

  /** Both hear of each other, as soon as they run. */
  function meet(a: Node, b: Node): void {
    tellOf(a, b.key, true)
    tellOf(b, a.key, true)
  }

  function tellOf(node: Node, peer: PeerKey, connected: boolean): void {
    const { process } = node
    reach(node, process, () => process.handlers?.neighbour(peer, connected))
  }

  function join(from: Node, to: Node): void {
    from.links.set(to.key, { cut: false, faults: faultsOf(from.key, to.key), freeAt: 0 })
  }

  const network: VirtualNetwork = {
    rules,
    endpoint: key => nodeOf(key).process,
    messages: () => messages,
    inFlight: () => inFlight,
    traffic: key => nodeOf(key).traffic,
    connected: (a, b) => nodes.get(a)?.links.has(b) === true,
    connect(a, b) {
      const [x, y] = [nodeOf(a), nodeOf(b)]
      if (x.links.has(b)) return
      join(x, y)
      join(y, x)
      if (x.process.handlers !== undefined && y.process.handlers !== undefined) meet(x, y)
    },
    disconnect(a, b) {
      const [x, y] = [nodeOf(a), nodeOf(b)]
      if (!x.links.delete(b)) return
      y.links.delete(a)
      tellOf(x, b, false)
      tellOf(y, a, false)
    },
    cut(a, b, isCut) {
      for (const link of [nodeOf(a).links.get(b), nodeOf(b).links.get(a)]) if (link !== undefined) link.cut = isCut
    },
    kill(key) {
      const node = nodeOf(key)
      node.process.dead = true
      node.process = createProcess(node)
      node.held = null
      for (const peer of [...node.links.keys()]) network.disconnect(key, peer)
    },
    hold(key, isHeld) {
      const node = nodeOf(key)
      if (isHeld) {
        node.held ??= []
        return
      }
      const waiting = node.held ?? []
      node.held = null
      for (const happen of waiting) happen()
    },
    setFaults(next) {
      faultsOf = next
      for (const node of nodes.values()) for (const [to, link] of node.links) link.faults = faultsOf(node.key, to)
    }
  }
  return network
}
