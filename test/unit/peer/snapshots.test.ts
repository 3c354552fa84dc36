import assert from 'node:assert/strict'
import { digest } from '#src/core/digest.js'
import type { MadeSnapshot } from '#src/core/protocol/snapshot.js'
import { createState, type SwarmState } from '#src/core/protocol/state.js'
import { createRandom } from '#src/core/random.js'
import {
  BUSY,
  decodeSnapshotRange,
  decodeSnapshotRequest,
  encodeSnapshot,
  encodeSnapshotRange,
  encodeSnapshotRequest,
  SNAPSHOT_RANGE_BYTES
} from '#src/core/wire/snapshot.js'
import { createFetcher } from '#src/peer/fetching.js'
import { createSnapshotServer, type SnapshotServer } from '#src/peer/snapshots.js'
import { createVirtualClock } from '#src/sim/clock.js'
import { createVirtualNetwork, GOOD_LINK } from '#src/sim/network.js'
import { drain, testManifest } from '../../support/flock.js'
import { keyOf } from '../../support/reference.js'

const SIZE = 300_000
const manifest = testManifest({}, SIZE)
const [SELF, A, B] = [0, 1, 2].map(keyOf) as [string, string, string]

function newState(self: string): SwarmState {
  return createState(manifest, { self, mode: 'sync', pulseMs: 500, samples: 100, now: 0 })
}

/** Of some five ranges. */
function someSnapshot(state: SwarmState): MadeSnapshot {
  const random = createRandom(7)
  const params = state.x0.map(value => value + random.below(2 ** 26) - 2 ** 25)
  const ledger = { from: 32, ids: new Map<number, Uint8Array>() }
  const head = { epoch: 32, chain: new Uint8Array(32).fill(3), entries: 5, tally: 5, ledger, live: [] }
  const bytes = encodeSnapshot({ ...head, params }, state.x0)
  return { epoch: 32, bytes, hash: digest(bytes) }
}

type Answer = (request: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** A peer that fetches from two others, which answer as they are told to. */
function exchange() {
  const state = newState(SELF)
  const made = someSnapshot(state)
  const ranges = Math.ceil(made.bytes.length / SNAPSHOT_RANGE_BYTES)
  assert.ok(ranges >= 4, `${ranges}`)
  const clock = createVirtualClock()
  const network = createVirtualNetwork(clock, createRandom(1), GOOD_LINK)
  const { signal } = new AbortController()
  const servedBy: Record<string, number[]> = { [A]: [], [B]: [] }
  const blamed: string[] = []
  const honest = (): SnapshotServer => {
    const server = newState(A)
    server.snapshots = [made]
    return createSnapshotServer(server, clock, signal)
  }
  async function serve(key: string, answer: Answer): Promise<void> {
    const { streams } = network.endpoint(key)
    await streams.start({
      pulse: () => {},
      neighbour: () => {},
      request: async (_, bytes) => {
        servedBy[key]!.push(decodeSnapshotRequest(bytes).offset / SNAPSHOT_RANGE_BYTES)
        return answer(bytes)
      }
    })
    network.connect(SELF, key)
  }
  const blame = (peer: string) => void blamed.push(peer)
  const fetcher = createFetcher(state, network.endpoint(SELF).streams, { clock, blame, signal })
  const fetch = (...from: string[]) =>
    finish(fetcher.fetch({ type: 'fetch-snapshot', from, epoch: 32, hash: made.hash }))

  async function finish<T>(promise: Promise<T>): Promise<T> {
    let done = false
    const end = () => {
      done = true
    }
    promise.then(end, end)
    for (;;) {
      await drain()
      if (done) return promise
      clock.step()
    }
  }
  const honestRange = (request: Uint8Array) => honest().range(request)
  /** The right length and hash, and other bytes. */
  const wrongRange = (request: Uint8Array) => {
    const range = decodeSnapshotRange(honestRange(request))
    assert.ok(range !== 'busy')
    return encodeSnapshotRange({ ...range, bytes: range.bytes.map(byte => byte ^ 1) })
  }
  return { made, ranges, clock, network, servedBy, blamed, honest, serve, fetch, honestRange, wrongRange }
}

/** As the first so many times, then never again. */
function times(count: number, answer: Answer): Answer {
  let left = count
  return request => (left-- > 0 ? answer(request) : Promise.reject(new Error('gone')))
}

describe('fetching a snapshot', () => {
  it('gives what was served, byte by byte', async () => {
    const { made, serve, fetch, servedBy, ranges, honest } = exchange()
    const server = honest()
    await serve(A, request => server.range(request))
    const { snapshot, made: fetched } = await fetch(A, B)
    assert.deepEqual(fetched, made)
    assert.equal(snapshot.epoch, 32)
    assert.deepEqual(servedBy[A]!.sort(), [...Array(ranges).keys()], 'each range once')
  })

  it('goes on from another neighbour when one dies, with what it has', async () => {
    const { made, serve, fetch, servedBy, ranges, honestRange } = exchange()
    await serve(A, times(2, honestRange))
    await serve(B, honestRange)
    assert.deepEqual((await fetch(A, B)).made, made)
    assert.deepEqual(servedBy[B]!.sort(), [...Array(ranges).keys()].slice(2))
  })

  it('keeps what it has for the next attempt', async () => {
    const { made, serve, fetch, servedBy, ranges, honestRange } = exchange()
    await serve(A, times(3, honestRange))
    await assert.rejects(fetch(A))
    await serve(B, honestRange)
    assert.deepEqual((await fetch(B)).made, made)
    assert.equal(servedBy[B]!.length, ranges - 3)
  })

  it('blames a neighbour whose bytes do not match the hash, and takes them from another', async () => {
    const { made, serve, fetch, blamed, honestRange, wrongRange } = exchange()
    await serve(A, wrongRange)
    await serve(B, honestRange)
    assert.deepEqual((await fetch(A, B)).made, made)
    assert.deepEqual(blamed, [A])
  })

  it('tries each alone when what came from several does not match, and blames nobody that may be honest', async () => {
    const { made, serve, fetch, blamed, honestRange, wrongRange } = exchange()
    await serve(A, times(2, wrongRange))
    await serve(B, honestRange)
    assert.deepEqual((await fetch(A, B)).made, made)
    assert.deepEqual(blamed, [])
  })

  it('gives others their turn when one answers slowly', async () => {
    const { made, serve, fetch, clock, servedBy, ranges, honestRange } = exchange()
    await serve(A, async request => {
      await new Promise<void>(resolve => void clock.after(14_000, resolve))
      return honestRange(request)
    })
    await serve(B, honestRange)
    assert.deepEqual((await fetch(A, B)).made, made)
    assert.ok(servedBy[A]!.length <= 2, `${servedBy[A]}`)
    assert.equal(servedBy[B]!.length, ranges - servedBy[A]!.length)
    assert.ok(clock.now() < 40_000)
  })

  it('is not led astray by a neighbour that claims another size and dies', async () => {
    const { made, serve, fetch, honestRange } = exchange()
    const larger = (request: Uint8Array) => {
      const range = decodeSnapshotRange(honestRange(request))
      assert.ok(range !== 'busy')
      return encodeSnapshotRange({ ...range, totalBytes: range.totalBytes + SNAPSHOT_RANGE_BYTES })
    }
    await serve(A, times(1, larger))
    await serve(B, honestRange)
    assert.deepEqual((await fetch(A, B)).made, made)
  })

  it('refuses one that is larger than it can be, before it is allocated', async () => {
    const { made, serve, fetch } = exchange()
    await serve(A, () =>
      encodeSnapshotRange({ totalBytes: 2 ** 40, digest: made.hash, bytes: new Uint8Array(SNAPSHOT_RANGE_BYTES) })
    )
    await assert.rejects(fetch(A), /a snapshot of 1099511627776 bytes/)
  })

  it('refuses ranges that do not fit together', async () => {
    const { made, serve, fetch, honestRange } = exchange()
    await serve(A, request => honestRange(request).subarray(0, -1))
    await assert.rejects(fetch(A), /do not fit together/)
    await serve(B, () => encodeSnapshotRange({ totalBytes: 5, digest: digest(made.hash), bytes: new Uint8Array(5) }))
    await assert.rejects(fetch(B), /serves another one now/)
  })

  it('waits for a neighbour that is busy', async () => {
    const { made, serve, fetch, clock, honestRange } = exchange()
    let asked = 0
    await serve(A, request => (asked++ < 5 ? BUSY : honestRange(request)))
    const begun = clock.now()
    assert.deepEqual((await fetch(A)).made, made)
    assert.ok(clock.now() - begun >= 1000)
  })

  it('gives up on a neighbour that is busy for ever', async () => {
    const { serve, fetch } = exchange()
    await serve(A, () => BUSY)
    await assert.rejects(fetch(A), /busy/)
  })
})

describe('serving a snapshot', () => {
  it('is bounded in bytes a second, and goes on after a rest', () => {
    const { honest, clock } = exchange()
    const server = honest()
    const request = encodeSnapshotRequest({ epoch: 32, offset: 0 })
    const isBusy = () => decodeSnapshotRange(server.range(request)) === 'busy'
    let served = 0
    while (!isBusy()) served++
    assert.equal(served, 128, '32 MiB at once')
    clock.after(1000, () => {})
    clock.step()
    served = 0
    while (!isBusy()) served++
    assert.equal(served, 64, '16 MiB a second')
  })

  it('serves no other epoch, and nothing beyond the end', () => {
    const { honest, made } = exchange()
    const range = (epoch: number, offset: number) => () => honest().range(encodeSnapshotRequest({ epoch, offset }))
    assert.throws(range(64, 0), RangeError)
    assert.throws(range(32, made.bytes.length), RangeError)
  })
})
