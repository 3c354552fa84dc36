/** `Gossip` over libp2p's gossipsub: verdicts become accept, ignore or reject, and rejects cost standing. */
import { type GossipSub, type Message, TopicValidatorResult } from '@libp2p/gossipsub'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Verdict } from '../core/protocol/verdict.js'
import type { Gossip, PeerKey } from '../interface.js'
import { MAX_GOSSIP_BYTES } from './gossip-params.js'
import { createGossipWatch } from './gossip-watch.js'
import { keyOfPeerId, peerIdOfKey } from './identity.js'
import type { Standing } from './standing.js'

export interface GossipInit {
  /** From `updatesTopic`; the service's options must be made for the same one. */
  readonly topic: string
  /** Messages of one neighbour that may wait for their verdict at once; more are ignored. @default 256 */
  readonly maxPending?: number
  /** And their bytes together. @default 16 MiB */
  readonly maxPendingBytes?: number
}

export interface GossipComponents {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'getPeers'>
  readonly pubsub: GossipSub
  readonly standing: Standing
}

type Validate = (bytes: Uint8Array, from: PeerKey) => Promise<Verdict>

const RESULTS: Record<Verdict['kind'], TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject
}

export function createGossip(init: GossipInit, components: GossipComponents): Gossip {
  const { topic, maxPending = 256, maxPendingBytes = 16 * 2 ** 20 } = init
  const { libp2p, pubsub, standing } = components
  const pending = new Map<PeerKey, { count: number; bytes: number }>()
  let started = false

  function disconnect(peer: PeerId): void {
    for (const connection of libp2p.getConnections(peer)) connection.abort(new Error('no use to gossip'))
  }

  function strike(peer: PeerId): void {
    if (standing.strike(peer)) disconnect(peer)
  }

  const watch = createGossipWatch({ ...components, disconnect })

  async function judge(validate: Validate, source: PeerId, message: Message): Promise<TopicValidatorResult> {
    const from = keyOfPeerId(source)
    if (from === undefined || standing.isBarred(source)) return TopicValidatorResult.Ignore
    const load = pending.get(from) ?? { count: 0, bytes: 0 }
    const size = message.data.length
    if (load.count >= maxPending || load.bytes + size > maxPendingBytes) return TopicValidatorResult.Ignore
    load.count++
    load.bytes += size
    pending.set(from, load)
    try {
      // A copy: the data is a view into a socket buffer, which a stored envelope would keep alive as a whole.
      const verdict = await validate(new Uint8Array(message.data), from)
      if (verdict.kind === 'reject') strike(source)
      return RESULTS[verdict.kind]
    } catch {
      return TopicValidatorResult.Ignore // our fault, not the sender's
    } finally {
      load.count--
      load.bytes -= size
      if (load.count === 0) pending.delete(from)
    }
  }

  return {
    async start(validate) {
      if (started) return
      started = true
      pubsub.topicValidators.set(topic, (source, message) => judge(validate, source, message))
      pubsub.addEventListener('gossipsub:heartbeat', watch)
      pubsub.subscribe(topic)
    },
    async publish(bytes) {
      if (bytes.length > MAX_GOSSIP_BYTES)
        throw new RangeError(`a message has at most ${MAX_GOSSIP_BYTES} bytes, not ${bytes.length}`)
      if (!started) throw new Error('gossip has not started')
      return (await pubsub.publish(topic, bytes)).recipients.length
    },
    penalise: peer => strike(peerIdOfKey(peer)),
    async stop() {
      if (!started) return
      started = false
      pubsub.removeEventListener('gossipsub:heartbeat', watch)
      pubsub.topicValidators.delete(topic)
      // A node that stopped first has left its topics already.
      if (pubsub.getTopics().includes(topic)) pubsub.unsubscribe(topic)
    }
  }
}
