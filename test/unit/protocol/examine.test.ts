import assert from 'node:assert/strict'
import fc from 'fast-check'
import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { decodeMember, examine, membershipOf, type Window } from '#src/core/protocol/admit.js'
import { isDrawn } from '#src/core/protocol/lots.js'
import { type Manifest, manifestBytes } from '#src/core/protocol/manifest.js'
import { createSet, foldSet, insertUpdate } from '#src/core/protocol/set.js'
import type { Verdict } from '#src/core/protocol/verdict.js'
import { envelopeOverhead, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import type { Identity } from '#src/interface.js'
import { type SignedUpdate, signedEnvelope, signedUpdate } from '#src/sim/hostile/sign.js'
import { testIdentities, testManifest } from '../../support/flock.js'

const SIZE = 48
const manifest = testManifest({ stop: { epochs: 100 }, limits: { maxUpdateBytes: 400 } })
const members = membershipOf

function windowAt(epoch: number, behind = 8): Window {
  return { set: createSet(), epoch, behind, ahead: 8 }
}

function verdictOf(bytes: Uint8Array, window: Window, of = manifest): Verdict | undefined {
  const examination = examine(bytes, members(of), window)
  return examination.kind === 'verdict' ? examination.verdict : undefined
}

const reason = (verdict: Verdict | undefined) =>
  verdict === undefined || verdict.kind === 'accept' ? undefined : verdict.reason

describe('an update from the network', () => {
  let author: Identity
  let good: Uint8Array
  const make = (update: SignedUpdate, of = manifest) => signedUpdate(author, of, update)

  before(async () => {
    ;[author] = (await testIdentities(1, 71)) as [Identity]
    good = await make({ epoch: 20, weight: 100, levels: { 3: 2, 9: -7, 47: 8 } })
  })

  it('that keeps all rules is a candidate, and says what was signed', () => {
    const examination = examine(good, members(manifest), windowAt(20))
    assert.ok(examination.kind === 'candidate')
    const { update, coordinates } = examination.candidate
    assert.equal(update.author, author.key)
    assert.deepEqual([update.epoch, update.weight, update.drawBits], [20, 100, 0])
    assert.deepEqual([...coordinates.indices], [3, 9, 47])
    assert.deepEqual([...coordinates.values], [2048, -7168, 8192])
    assert.deepEqual(decodeMember(members(manifest), update), coordinates)
  })

  it('is judged by the manifest and its bytes alone: what the receiver knows may delay it, never reject it (R1)', async () => {
    const sample = await Promise.all([0, 5, 99, 100, 2 ** 39].map(epoch => make({ epoch, levels: { 1: 1 } })))
    const invalid = await make({ epoch: 30, weight: 5000, levels: { 1: 1 } })
    fc.assert(
      fc.property(
        fc.nat(120),
        fc.nat(200),
        fc.nat(40),
        fc.constantFrom(...sample, good),
        (base, epoch, behind, bytes) => {
          const set = createSet(base)
          const fair = { set: createSet(), epoch: 0, behind: Number.POSITIVE_INFINITY, ahead: Number.POSITIVE_INFINITY }
          const here = verdictOf(bytes, { set, epoch, behind, ahead: 8 })
          const fairly = verdictOf(bytes, fair)
          if (fairly?.kind === 'reject') assert.deepEqual(here, fairly)
          else assert.ok(here === undefined || here.kind === 'ignore')
          // Where the window lets it through, an invalid one is rejected whatever is known besides.
          assert.equal(reason(verdictOf(invalid, { ...fair, epoch })), 'weight-out-of-range')
        }
      )
    )
  })

  it('is taken within a window of two sides', async () => {
    const at = async (epoch: number, window: Window) =>
      reason(verdictOf(await make({ epoch, levels: { 1: 1 } }), window))
    assert.equal(await at(11, windowAt(20)), 'stale')
    assert.equal(await at(12, windowAt(20)), undefined)
    assert.equal(await at(28, windowAt(20)), undefined)
    assert.equal(await at(29, windowAt(20)), 'far-future')
    // Repair looks back as far as the base.
    assert.equal(await at(0, windowAt(20, Number.POSITIVE_INFINITY)), undefined)
    const window = windowAt(20, Number.POSITIVE_INFINITY)
    foldSet(window.set, 5)
    assert.equal(await at(4, window), 'before-base')
    assert.equal(await at(5, window), undefined)
    assert.equal(await at(99, windowAt(99)), undefined)
    assert.equal(await at(100, windowAt(99)), 'after-the-end')
  })

  it('is a duplicate when it is known, news when it contradicts, and a duplicate again when that is known', async () => {
    const window = windowAt(20)
    const versions = await Promise.all([1, 2, 3].map(level => make({ epoch: 20, levels: { 5: level } })))
    const insert = (bytes: Uint8Array) => {
      const examination = examine(bytes, members(manifest), window)
      assert.ok(examination.kind === 'candidate')
      return insertUpdate(window.set, examination.candidate.update)
    }
    assert.equal(insert(versions[0]!), 'update')
    assert.equal(reason(verdictOf(versions[0]!, window)), 'duplicate')
    assert.equal(insert(versions[1]!), 'conflict')
    for (const bytes of versions) assert.equal(reason(verdictOf(bytes, window)), 'duplicate')
    assert.equal(window.set.size, 2)
  })

  it('is rejected for its weight, lot, values, norm and size', async () => {
    const cases: [string, Promise<Uint8Array>, Manifest][] = [
      ['weight-out-of-range', make({ epoch: 20, weight: 4097, levels: {} }), manifest],
      [
        'weight-out-of-range',
        make({ epoch: 20, weight: 2, levels: {} }),
        testManifest({ aggregation: { weighting: 'equal' } })
      ],
      ['not-drawn', make({ epoch: 20, drawBits: 1, levels: {} }), manifest],
      ['not-drawn', make({ epoch: 20, drawBits: 0, levels: {} }), testManifest({ lots: { minBits: 1, maxBits: 2 } })],
      [
        'value-out-of-range',
        make({ epoch: 20, levels: { 0: 8 }, shift: 26 }),
        testManifest({ limits: { maxNorm: 1e6 } })
      ],
      [
        'norm-too-large',
        make({ epoch: 20, levels: { 0: 8, 1: 8, 2: 8 }, shift: 21 }),
        testManifest({ limits: { maxNorm: 1.7 } })
      ]
    ]
    for (const [expected, bytes, of] of cases) {
      const endless = { ...of, stop: { epochs: null, plateau: null } }
      assert.equal(reason(verdictOf(await bytes, windowAt(20), endless)), expected)
    }
    // On the edge of each they are taken.
    assert.equal(verdictOf(await make({ epoch: 20, weight: 4096, levels: {} }), windowAt(20)), undefined)
    const wide = { ...testManifest({ limits: { maxNorm: 1.7320508075688774 } }), stop: { epochs: null, plateau: null } }
    assert.equal(
      verdictOf(await make({ epoch: 20, levels: { 0: 8, 1: 8, 2: 8 }, shift: 21 }), windowAt(20), wide),
      undefined
    )
  })

  it('is rejected in a swarm of members when its author is none, whatever is known besides (R1)', async () => {
    const others = (await testIdentities(20, 72)).map(({ key }) => key)
    const epochs = await Promise.all([0, 20, 99].map(epoch => make({ epoch, levels: { 1: 1 } })))
    fc.assert(
      fc.property(
        fc.subarray(others, { minLength: 1 }),
        fc.boolean(),
        fc.constantFrom(...epochs),
        fc.nat(120),
        fc.nat(120),
        (keys, isMember, bytes, base, epoch) => {
          const list = [...keys, ...(isMember ? [author.key] : [])].sort()
          const of = { ...manifest, admission: { rule: 'list' as const, members: list } }
          const window = { set: createSet(base), epoch, behind: 8, ahead: 8 }
          const verdict = verdictOf(bytes, window, of)
          if (isMember) assert.deepEqual(verdict, verdictOf(bytes, window))
          else assert.deepEqual(verdict, { kind: 'reject', reason: 'not-a-member' })
        }
      )
    )
  })

  it('is rejected for its bytes, each kind of fault by its name', async () => {
    const edited = (at: number, byte: number) => good.map((old, i) => (i === at ? byte : old))
    const key = 6
    const signature = good.length - 64
    const lists: [string, Uint8Array][] = [
      ['truncated', good.slice(0, 20)],
      ['truncated', new Uint8Array(0)],
      ['trailing-bytes', Uint8Array.of(...good, 0)],
      ['oversized', new Uint8Array(401)],
      ['not-an-envelope', edited(0, 0x0b)],
      ['not-an-envelope', await signedEnvelope(author, manifest, Uint8Array.of(1), Uint8Array.of(1))],
      ['unsafe-key', good.map((old, i) => (i >= key && i < key + 32 ? 0 : old))],
      ['not-canonical', good.map((old, i) => (i >= signature + 32 ? 0xff : old))],
      ['unknown-version', await signedEnvelope(author, manifest, UPDATE_PAYLOAD, Uint8Array.of(2, 0, 20, 0, 1, 0))],
      ['out-of-range', await signedEnvelope(author, manifest, UPDATE_PAYLOAD, Uint8Array.of(1, 0, 20, 0, 0, 0))],
      [
        'out-of-range',
        await signedEnvelope(
          author,
          manifest,
          UPDATE_PAYLOAD,
          Uint8Array.of(1, 0, 20, 0, 1, 49, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9)
        )
      ]
    ]
    for (const [expected, bytes] of lists) {
      const verdict = verdictOf(bytes, windowAt(20))
      assert.deepEqual(verdict, { kind: 'reject', reason: expected })
    }
  })

  it('mutated or made of random bytes never throws (I7)', () => {
    const mutated = fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 4 }).map(edits => {
      const bytes = good.slice()
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte
      return bytes
    })
    const cut = fc
      .tuple(fc.nat(200), fc.nat(200))
      .map(([from, to]) => good.slice(Math.min(from, to), Math.max(from, to)))
    const body = fc
      .uint8Array({ minLength: 1, maxLength: 120 })
      .map(payload => Uint8Array.of(...good.slice(0, 44), 0x1a, payload.length, ...payload, ...good.slice(-66)))
    const anything = fc.uint8Array({ maxLength: 500 })
    fc.assert(
      fc.property(fc.oneof(mutated, cut, body, anything), bytes => {
        const before = toHex(bytes)
        const examination = examine(bytes, members(manifest), windowAt(20, Number.POSITIVE_INFINITY))
        assert.equal(toHex(bytes), before)
        if (examination.kind === 'candidate') {
          const { indices, values } = examination.candidate.coordinates
          assert.equal(indices.length, values.length)
          assert.ok(indices.every((index, i) => index < SIZE && (i === 0 || index > indices[i - 1]!)))
        }
      }),
      { numRuns: 2000 }
    )
    assert.ok(envelopeOverhead(1) > 100)
  })

  it('draws lots at the rate it says, the same for everybody, and finer lots are among the coarser', () => {
    const swarm = digest(manifestBytes(manifest))
    const drawn = [0, 0, 0]
    for (let epoch = 0; epoch < 4000; epoch++) {
      const key = digest(Uint8Array.of(epoch % 256))
      for (const [i, bits] of [1, 3, 5].entries()) if (isDrawn(swarm, epoch, key, bits)) drawn[i]!++
      if (isDrawn(swarm, epoch, key, 5)) assert.ok(isDrawn(swarm, epoch, key, 3))
      assert.ok(isDrawn(swarm, epoch, key, 0))
    }
    // Four standard deviations around 2000, 500 and 125.
    assert.ok(
      Math.abs(drawn[0]! - 2000) < 127 && Math.abs(drawn[1]! - 500) < 84 && Math.abs(drawn[2]! - 125) < 45,
      `${drawn}`
    )
  })
})
