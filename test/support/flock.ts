/** Simulated flocks for tests: seeded keys, a small manifest, real signatures checked once each. */
import assert from 'node:assert/strict'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { concatBytes, equalBytes, fromHex, toHex } from '#src/core/bytes.js'
import { GRID } from '#src/core/grid.js'
import { initialParams, paramsDigest } from '#src/core/protocol/init.js'
import { type Manifest, parseManifest } from '#src/core/protocol/manifest.js'
import { createRandom } from '#src/core/random.js'
import type { Identity } from '#src/interface.js'
import { createIdentity } from '#src/net/identity.js'
import type { Peer } from '#src/peer/peer.js'
import { createSimulation, type Simulation, type SimulationInit } from '#src/sim/simulation.js'

type Deep<T> = { readonly [K in keyof T]?: T[K] extends object ? Deep<T[K]> : T[K] }

/** A manifest for `size` parameters; fields of `changes` replace the defaults, objects field by field. */
export function testManifest(changes: Deep<Manifest> = {}, size = 48): Manifest {
  const tensors = [{ name: 'w', shape: [size], initLimit: GRID / 4 }]
  const seed = changes.seed ?? 1
  const defaults = {
    protocol: 1,
    name: 'test',
    seed,
    task: { kind: 'digits' },
    model: { kind: 'mlp', inputs: 64, hidden: [], classes: 10 },
    params: { tensors, start: 'drawn', digest: toHex(paramsDigest(initialParams(tensors, seed))) },
    training: { localSteps: 5, batchSize: 32, optimizer: { kind: 'momentum', learningRate: 0.05, momentum: 0.9 } },
    gossip: { budgetBytes: 16_384, valueBits: 4, expectedPeers: 1 },
    aggregation: { rule: 'mean', minAuthors: 8, liveWindow: 8, weighting: 'samples' },
    admission: { rule: 'open' },
    lots: { drawn: 16, minBits: 0, maxBits: 0 },
    clock: {
      liars: 1,
      quorumPercent: 67,
      minEpochMs: 0,
      maxEpochMs: 5000,
      minDeadlineMs: 100,
      graceMs: 200,
      aloneGraceMs: 2000,
      stalenessBound: 8
    },
    limits: {
      maxUpdateBytes: 65_536,
      maxWeight: 4096,
      maxValueBits: 29,
      maxNorm: 64,
      maxAuthors: 4096,
      retentionEpochs: 512,
      retentionBytes: 1_000_000
    },
    stop: { epochs: 20, plateau: null }
  }
  return parseManifest(merge(defaults, changes))
}

function merge(base: unknown, changes: unknown): unknown {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return changes ?? base
  const out: Record<string, unknown> = { ...(base as Record<string, unknown>) }
  for (const [key, value] of Object.entries(changes)) out[key] = merge(out[key], value)
  return out
}

interface Checked {
  readonly signed: Uint8Array
  readonly holds: boolean
}

const checked = new Map<string, Checked>()

function remember(signature: string, result: Checked): void {
  if (checked.size > 50_000) checked.clear()
  checked.set(signature, result)
}

/**
 * The same key pairs for the same seed. Signatures are real; each is checked once in the process, and none that was made
 * in it: half a flock's time would go there.
 */
export async function testIdentities(count: number, seed = 1): Promise<Identity[]> {
  const random = createRandom(seed, 77)
  return Promise.all(
    Array.from({ length: count }, async () => {
      const bytes = Uint8Array.from({ length: 32 }, () => random.below(256))
      const identity = createIdentity(await generateKeyPairFromSeed('Ed25519', bytes))
      return {
        ...identity,
        async sign(message: Uint8Array) {
          const signature = await identity.sign(message)
          remember(toHex(signature), { signed: concatBytes(fromHex(identity.key), message), holds: true })
          return signature
        },
        async verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) {
          const id = toHex(signature)
          const signed = concatBytes(publicKey, message)
          const known = checked.get(id)
          if (known !== undefined && equalBytes(known.signed, signed)) return known.holds
          const holds = await identity.verify(publicKey, message, signature)
          remember(id, { signed, holds })
          return holds
        }
      }
    })
  )
}

export const drain = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Every peer with the next and the one after next: 4-regular from 5 peers on. */
export function ringOfTwo(peers: number): [number, number][] {
  const edges = new Map<string, [number, number]>()
  for (let i = 0; i < peers; i++)
    for (const step of [1, 2]) {
      const [a, b] = [i, (i + step) % peers].sort((x, y) => x - y) as [number, number]
      if (a !== b) edges.set(`${a}-${b}`, [a, b])
    }
  return [...edges.values()]
}

export const edgeOf = (a: number, b: number): [number, number] => (a < b ? [a, b] : [b, a])

/** Everybody with everybody. */
export function complete(peers: number): [number, number][] {
  return Array.from({ length: peers }, (_, a) => Array.from({ length: a }, (_, b) => edgeOf(a, b))).flat()
}

const settled = new WeakSet<Peer>()
const listened = new WeakSet<Peer>()

function listen(peer: Peer): void {
  if (listened.has(peer)) return
  listened.add(peer)
  peer.on('settled', () => settled.add(peer))
}

/**
 * Runs until all of them are done and have one set. The cheap part is asked first: digests are reckoned when nobody has
 * more or fewer updates than the others.
 */
export function untilEqual(flock: Simulation, peers: () => readonly Peer[], limitMs: number): Promise<boolean> {
  return flock.until(() => {
    let all = true
    for (const peer of peers()) {
      listen(peer)
      if (!settled.has(peer)) all = false
    }
    return all && new Set(peers().map(peer => peer.status().setDigest)).size === 1
  }, limitMs)
}

/** Asserts that they end with one set and one model, bit by bit. */
export async function assertEqualEnd(flock: Simulation, peers: readonly Peer[], limitMs: number): Promise<void> {
  const equal = await untilEqual(flock, () => peers, limitMs)
  const tell = () =>
    peers.map(peer => {
      const { epoch, trained, updates, neighbours, setDigest } = peer.status()
      return `epoch ${epoch}${trained ? ' trained' : ''} ${updates} updates ${neighbours} neighbours ${setDigest.slice(0, 8)}`
    })
  assert.ok(equal, `not equal after ${flock.clock.now()} ms:\n${tell().join('\n')}`)
  assert.equal(new Set(peers.map(peer => peer.stateDigest())).size, 1, tell().join('\n'))
}

export async function testFlock(
  peers: number,
  init: Partial<SimulationInit> & { readonly manifest: Manifest; readonly seed: number }
): Promise<Simulation> {
  const identities = await testIdentities(peers, init.seed)
  const flock = createSimulation({ identities, edges: ringOfTwo(peers), drain, ...init })
  for (const peer of flock.peers) listen(peer)
  return flock
}
