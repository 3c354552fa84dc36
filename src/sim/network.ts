/** A virtual network: links with delay and loss between endpoints that offer the same interfaces as real ones. */
import { toHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'
import type { Verdict } from '../core/protocol/verdict.js'
import type { Random } from '../core/random.js'
import type { Clock, Gossip, PeerKey, RequestKind, StreamHandlers, Streams } from '../interface.js'

export interface LinkRules {
  /** Part of messages that vanish, 0 … 1. */
  readonly loss: number
  /** Part of gossip messages that arrive twice, 0 … 1. */
  readonly duplication: number
  /** Milliseconds, uniform between the two; unequal delays reorder. */
  readonly delayMs: readonly [number, number]
}

/** A broken stream is noticed after this, milliseconds. */
const RESET_MS = 500

export const GOOD_LINK: LinkRules = { loss: 0, duplication: 0, delayMs: [1, 5] }

export interface Endpoint {
  readonly key: PeerKey
  readonly gossip: Gossip
  readonly streams: Streams
  /** Gossips to one neighbour only, as no honest peer does. */
  readonly tell: (to: PeerKey, bytes: Uint8Array) => void
  /** Score lost by each neighbour, as counted here. */
  readonly penalties: ReadonlyMap<PeerKey, number>
}

export interface VirtualNetwork {
  endpoint(key: PeerKey): Endpoint
  connect(a: PeerKey, b: PeerKey): void
  disconnect(a: PeerKey, b: PeerKey): void
  /** The rules of every link, from now on. */
  rules: LinkRules
  /** Messages put on a link so far, lost ones included. */
  readonly messages: () => number
}

interface Node extends Endpoint {
  readonly links: Set<PeerKey>
  handlers: StreamHandlers | undefined
  validate: ((bytes: Uint8Array, from: PeerKey) => Promise<Verdict>) | undefined
  readonly seen: Set<string>
  readonly penalties: Map<PeerKey, number>
}

export function createVirtualNetwork(clock: Clock, random: Random, rules: LinkRules = GOOD_LINK): VirtualNetwork {
  const nodes = new Map<PeerKey, Node>()
  let messages = 0

  /** A message's hash, reckoned once though it is carried many times. */
  const ids = new WeakMap<Uint8Array, string>()
  function idOf(bytes: Uint8Array): string {
    const known = ids.get(bytes) ?? toHex(digest(bytes))
    ids.set(bytes, known)
    return known
  }

  const linked = (a: PeerKey, b: PeerKey) => nodes.get(a)?.links.has(b) === true

  /** One message over one link. @returns false when it vanished */
  function carry(from: PeerKey, to: PeerKey, deliver: (node: Node) => void): boolean {
    messages++
    if (!linked(from, to) || random.unit() < network.rules.loss) return false
    const [least, most] = network.rules.delayMs
    clock.after(least + random.unit() * (most - least), () => {
      const node = nodes.get(to)
      // Whoever stops closes its streams in good order: what it said before still arrives. A cut link loses it.
      const stopped = nodes.get(from)?.handlers === undefined
      if (node !== undefined && (linked(from, to) || stopped)) deliver(node)
    })
    return true
  }

  function spread(from: Node, bytes: Uint8Array, except?: PeerKey): number {
    for (const to of from.links) {
      if (to === except) continue
      carry(from.key, to, node => receive(node, bytes, from.key))
      if (random.unit() < network.rules.duplication) carry(from.key, to, node => receive(node, bytes, from.key))
    }
    return from.links.size
  }

  function receive(node: Node, bytes: Uint8Array, from: PeerKey): void {
    const id = idOf(bytes)
    if (node.seen.has(id) || node.validate === undefined) return
    node.seen.add(id)
    node.validate(bytes, from).then(verdict => {
      if (verdict.kind === 'accept') spread(node, bytes, from)
      else if (verdict.kind === 'reject') node.penalties.set(from, (node.penalties.get(from) ?? 0) + 1)
    })
  }

  function endpoint(key: PeerKey): Node {
    const known = nodes.get(key)
    if (known !== undefined) return known
    const penalties = new Map<PeerKey, number>()
    const node: Node = {
      key,
      links: new Set(),
      handlers: undefined,
      validate: undefined,
      seen: new Set(),
      penalties,
      gossip: {
        async start(validate) {
          node.validate = validate
        },
        async publish(bytes) {
          node.seen.add(idOf(bytes))
          return spread(node, bytes)
        },
        penalise: peer => {
          penalties.set(peer, (penalties.get(peer) ?? 0) + 1)
        },
        async stop() {
          node.validate = undefined
        }
      },
      streams: {
        async start(handlers) {
          node.handlers = handlers
          for (const peer of node.links) if (nodes.get(peer)?.handlers !== undefined) meet(node, nodes.get(peer)!)
        },
        async pulse(to, bytes) {
          carry(key, to, receiver => receiver.handlers?.pulse(bytes, key))
        },
        request: (to, kind, bytes, options) => request(node, to, kind, bytes, options),
        async stop() {
          node.handlers = undefined
          for (const peer of [...node.links]) network.disconnect(key, peer)
        }
      },
      tell: (to, bytes) => {
        carry(key, to, receiver => receive(receiver, bytes, key))
      }
    }
    nodes.set(key, node)
    return node
  }

  function request(
    node: Node,
    to: PeerKey,
    kind: RequestKind,
    bytes: Uint8Array,
    { maxBytes, timeoutMs, signal }: { maxBytes: number; timeoutMs: number; signal?: AbortSignal }
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => () => {
        cancel()
        signal?.removeEventListener('abort', abort)
        settle()
      }
      const fail = (reason: string) => finish(() => reject(new Error(reason)))
      const abort = fail('aborted')
      const cancel = clock.after(timeoutMs, fail('no answer in time'))
      signal?.addEventListener('abort', abort)
      /** A vanished part of an exchange breaks its stream, which the asker notices. */
      const carryOrBreak = (a: PeerKey, b: PeerKey, deliver: (node: Node) => void) => {
        if (!carry(a, b, deliver)) clock.after(RESET_MS, fail('reset'))
      }
      carryOrBreak(node.key, to, receiver => {
        receiver.handlers?.request(kind, bytes, node.key).then(
          answer =>
            carryOrBreak(
              to,
              node.key,
              answer.length <= maxBytes ? finish(() => resolve(answer)) : fail('oversized answer')
            ),
          () => carryOrBreak(to, node.key, fail('reset'))
        )
      })
    })
  }

  function meet(a: Node, b: Node): void {
    a.handlers?.neighbour(b.key, true)
    b.handlers?.neighbour(a.key, true)
  }

  const network: VirtualNetwork = {
    rules,
    endpoint,
    messages: () => messages,
    connect(a, b) {
      const [x, y] = [endpoint(a), endpoint(b)]
      if (x.links.has(b)) return
      x.links.add(b)
      y.links.add(a)
      if (x.handlers !== undefined && y.handlers !== undefined) meet(x, y)
    },
    disconnect(a, b) {
      const [x, y] = [endpoint(a), endpoint(b)]
      if (!x.links.delete(b)) return
      y.links.delete(a)
      x.handlers?.neighbour(b, false)
      y.handlers?.neighbour(a, false)
    }
  }
  return network
}
