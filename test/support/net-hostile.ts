/** A libp2p peer with a genuine key that says what it likes to an honest flock. */
import assert from 'node:assert/strict'
import type { PeerId } from '@libp2p/interface'
import { fromHex } from '#src/core/bytes.js'
import { type Manifest, swarmId } from '#src/core/protocol/manifest.js'
import type { SparseUpdate } from '#src/core/sparse/update.js'
import { encodeEnvelope, envelopeDomain, signingBytes, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { encodeBody } from '#src/core/wire/update.js'
import type { PeerKey, RequestKind } from '#src/interface.js'
import { updatesTopic } from '#src/net/gossip-params.js'
import { generateIdentity } from '#src/net/identity.js'
import type { HonestPeer, NetFlock } from './net-flock.js'
import type { LoopbackEndpoint, LoopbackNetwork } from './net-loopback.js'

export interface Forgery {
  /** @default the manifest's */
  readonly swarm?: string
  readonly payloadType?: Uint8Array
  /** Whom the envelope names, 32 bytes. @default the signer */
  readonly author?: Uint8Array
  /** 64 bytes. @default a true one */
  readonly signature?: Uint8Array
}

export interface NetHostile {
  readonly key: PeerKey
  readonly endpoint: LoopbackEndpoint
  /** How it answers requests. @default not at all */
  answer: (kind: RequestKind, request: Uint8Array) => Promise<Uint8Array>
  /** A signed envelope. */
  envelope(payload: Uint8Array, forgery?: Forgery): Promise<Uint8Array>
  /** Gossips to all its neighbours, and makes sure that all were sent it. */
  publish(bytes: Uint8Array): Promise<void>
}

export interface BodyFields {
  readonly epoch: number
  readonly weight?: number
  readonly drawBits?: number
  /** Grid units by coordinate: a sign, one bit, and a power of two. @default {} */
  readonly values?: Readonly<Record<number, number>>
  /** n. @default 48 */
  readonly size?: number
}

/** The body of an update that says so, whether a swarm takes it or not. Fewer than 4,096 coordinates, all ± one value. */
export function bodyOf({ epoch, weight = 100, drawBits = 0, values = {}, size = 48 }: BodyFields): Uint8Array {
  const indices = Uint32Array.from(Object.keys(values), Number).sort()
  const magnitude = Math.max(1, ...Object.values(values).map(Math.abs))
  const delta: SparseUpdate = {
    valueBits: 4,
    size,
    indices,
    levels: Int16Array.from(indices, i => Math.sign(values[i]!)),
    shifts: Uint8Array.of(indices.length === 0 ? 0 : Math.log2(magnitude))
  }
  return encodeBody({ epoch, weight, drawBits, delta })
}

/** Connected to its victims and able to gossip to them. */
export async function addNetHostile(
  network: LoopbackNetwork,
  { manifest, honest }: NetFlock,
  victims: readonly HonestPeer[] = honest
): Promise<NetHostile> {
  const { privateKey, identity } = await generateIdentity()
  // Flood publishing reaches neighbours that have taken it out of their mesh.
  const endpoint = await network.endpoint({ privateKey, swarmId: swarmId(manifest), gossip: { floodPublish: true } })
  const hostile: NetHostile = {
    key: identity.key,
    endpoint,
    answer: () => new Promise(() => {}),
    envelope: (payload, forgery) => forge(endpoint, manifest, payload, forgery),
    async publish(bytes) {
      assert.equal(await endpoint.gossip.publish(bytes), victims.length, 'not every neighbour was sent it')
    }
  }
  const neighbours = new Set<PeerKey>()
  await endpoint.gossip.start(async () => ({ kind: 'ignore', reason: 'busy' }))
  await endpoint.streams.start({
    pulse() {},
    request: (kind, request) => hostile.answer(kind, request),
    neighbour: (peer, connected) => (connected ? neighbours.add(peer) : neighbours.delete(peer))
  })
  await Promise.all(victims.map(victim => endpoint.connect(victim.endpoint)))
  const { libp2p } = endpoint.node
  const topic = updatesTopic(swarmId(manifest))
  const { length } = victims
  const subscribers = () => libp2p.services.pubsub.getSubscribers(topic).filter(isWritable)
  const isWritable = (peer: PeerId) =>
    libp2p
      .getConnections(peer)
      .some(({ streams }) =>
        streams.some(({ direction, protocol }) => direction === 'outbound' && /meshsub/.test(protocol))
      )
  await network.settle(() => neighbours.size === length && subscribers().length === length)
  return hostile
}

async function forge(
  { identity }: LoopbackEndpoint,
  manifest: Manifest,
  payload: Uint8Array,
  { swarm = swarmId(manifest), payloadType = UPDATE_PAYLOAD, author = fromHex(identity.key), signature }: Forgery = {}
): Promise<Uint8Array> {
  const signed = signature ?? (await identity.sign(signingBytes(envelopeDomain(swarm), payloadType, payload)))
  return encodeEnvelope({ author, payloadType, payload, signature: signed })
}
