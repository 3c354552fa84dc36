/** A few honest peers as they are in production, connected by real sockets, with synthetic training that can be held up. */
import { createHash } from 'node:crypto'
import { toHex } from '#src/core/bytes.js'
import { initialParams, parameterCount, paramsDigest } from '#src/core/protocol/init.js'
import { type Manifest, swarmId } from '#src/core/protocol/manifest.js'
import type { UpdateRecord } from '#src/core/protocol/set.js'
import { updateValues } from '#src/core/sparse/update.js'
import { decodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { decodeBody, peekBody } from '#src/core/wire/update.js'
import type { Metrics, PeerKey, Store, Trainer } from '#src/interface.js'
import { systemClock } from '#src/net/clock.js'
import { peerIdOfKey } from '#src/net/identity.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { Peer } from '#src/peer/peer.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import type { LoopbackEndpoint, LoopbackNetwork } from './net-loopback.js'
import { publicationsIn } from './publications.js'
import { referenceParams } from './reference.js'

export interface Counter extends Metrics {
  /** 0 for what was never counted. */
  of(name: string): number
}

export function createCounter(): Counter {
  const counts = new Map<string, number>()
  return {
    count: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    of: name => counts.get(name) ?? 0
  }
}

/** Where trainers wait: a flock of which everybody waits there stays in its epoch. */
export interface Gate {
  /** How many wait. */
  readonly waiting: number
  /** For good. */
  open(): void
}

function createGate() {
  const waiting = new Set<() => void>()
  let open = false
  return {
    get waiting() {
      return waiting.size
    },
    open: () => {
      open = true
      for (const go of waiting) go()
    },
    /** Resolves when the gate is open, or `signal` is aborted. */
    pass(signal: AbortSignal | undefined): Promise<void> {
      return new Promise(resolve => {
        const go = () => {
          waiting.delete(go)
          resolve()
        }
        if (open) return go()
        waiting.add(go)
        signal?.addEventListener('abort', go, { once: true })
      })
    }
  }
}

/** @param isHeldUp whether it must pass the gate now */
function gated(trainer: Trainer, gate: ReturnType<typeof createGate>, isHeldUp: () => boolean): Trainer {
  return {
    ...trainer,
    async train(params, steps, options) {
      if (isHeldUp()) await gate.pass(options?.signal)
      return trainer.train(params, steps, options)
    }
  }
}

export interface HonestPeer {
  readonly key: PeerKey
  readonly peer: Peer
  readonly endpoint: LoopbackEndpoint
  readonly counter: Counter
  /** Envelopes that it stored and sent, oldest first. */
  readonly published: readonly Uint8Array[]
}

export interface NetFlock {
  readonly manifest: Manifest
  readonly honest: readonly HonestPeer[]
  readonly gate: Gate
  /** The state digest that every honest peer should have: of their updates and `others`, computed in the plainest way. */
  expectedDigest(others: readonly Uint8Array[]): string
  stop(): Promise<void>
}

/** Everyone is started and connected to everyone; from epoch `heldUpFrom` on they wait at the gate. */
export async function startNetFlock(
  network: LoopbackNetwork,
  manifest: Manifest,
  peers: number,
  heldUpFrom: number
): Promise<NetFlock> {
  const gate = createGate()
  const { tensors } = manifest.params
  const honest: HonestPeer[] = []
  for (let i = 0; i < peers; i++) {
    // Gossipsub computes scores anew with each heartbeat, a second apart by default.
    const endpoint = await network.endpoint({ swarmId: swarmId(manifest), gossip: { heartbeatInterval: 50 } })
    const synthetic = createSyntheticTrainer({ tensors, seed: 1, peer: i, clock: systemClock, stepMs: 1 })
    const trainer = gated(synthetic, gate, () => peer.status().epoch >= heldUpFrom)
    const { identity, gossip, streams } = endpoint
    const [counter, published] = [createCounter(), [] as Uint8Array[]]
    const memory = memoryStore()
    const store: Store = {
      ...memory,
      async write(changes, options) {
        await memory.write(changes, options)
        published.push(...publicationsIn(changes, parameterCount(tensors)).map(({ envelope }) => envelope))
      }
    }
    const components = { identity, gossip, streams, clock: systemClock, store, trainer, metrics: counter }
    const peer = new Peer(components, { manifest, pulseMs: 100, evaluationShare: 0 })
    honest.push({ key: identity.key, peer, endpoint, counter, published })
  }
  await Promise.all(honest.map(({ peer }) => peer.start()))
  for (const [i, { endpoint }] of honest.entries())
    await Promise.all(honest.slice(0, i).map(other => endpoint.connect(other.endpoint)))
  return {
    manifest,
    honest,
    gate,
    expectedDigest: others => expectedDigest(manifest, [...honest.flatMap(({ published }) => published), ...others]),
    async stop() {
      await Promise.all(honest.map(({ peer }) => peer.stop()))
    }
  }
}

/** What gossipsub at `peer` thinks of a neighbour. */
export function scoreAt({ endpoint }: HonestPeer, neighbour: PeerKey): number {
  const { pubsub } = endpoint.node.libp2p.services
  if (!('getScore' in pubsub) || typeof pubsub.getScore !== 'function')
    throw new Error('this gossipsub keeps no scores')
  return pubsub.getScore(peerIdOfKey(neighbour).toString())
}

export function isConnected({ endpoint }: HonestPeer, neighbour: PeerKey): boolean {
  return endpoint.node.libp2p.getConnections(peerIdOfKey(neighbour)).length > 0
}

function expectedDigest(manifest: Manifest, envelopes: readonly Uint8Array[]): string {
  const { params, seed, aggregation, limits } = manifest
  const x0 = initialParams(params.tensors, seed)
  const size = { size: x0.length, maxBytes: limits.maxUpdateBytes }
  const rules = { ...aggregation, maxAuthors: limits.maxAuthors }
  const body = ({ envelope }: UpdateRecord) =>
    decodeBody(decodeEnvelope(envelope, { ...size, payloadType: UPDATE_PAYLOAD }).payload, size)
  const sums = referenceParams(x0, envelopes.map(recordOf), rules, manifest.stop.epochs ?? undefined, update => {
    const { delta } = body(update)
    return { indices: delta.indices, values: updateValues(delta) }
  })
  return toHex(paramsDigest(Float64Array.from(sums, Number)))
}

function recordOf(envelope: Uint8Array): UpdateRecord {
  const { author, payload } = decodeEnvelope(envelope, { maxBytes: envelope.length, payloadType: UPDATE_PAYLOAD })
  const { epoch, weight, drawBits } = peekBody(payload)
  const contentHash = new Uint8Array(createHash('sha256').update(payload).digest())
  return { author: toHex(author), epoch, weight, drawBits, contentHash, envelope }
}
