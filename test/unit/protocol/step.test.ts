import assert from 'node:assert/strict'
import type { Effect, Input } from '#src/core/protocol/effects.js'
import { attendance } from '#src/core/protocol/expect.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { createState, type SwarmOptions, type SwarmState } from '#src/core/protocol/state.js'
import { setDigest, step } from '#src/core/protocol/step.js'
import type { Claim } from '#src/core/wire/claim.js'
import { MAX_PULSE_CLAIMS, ROOT_BYTES } from '#src/core/wire/pulse.js'
import { testManifest } from '../../support/flock.js'
import { keyOf } from '../../support/reference.js'

const SELF = keyOf(0)
const GRACE = 200
const manifest = testManifest({ stop: { epochs: 2000 } })

/** A peer driven by hand, on a clock that moves when told to. */
class Driven {
  readonly state: SwarmState
  now = 0
  #counter = 0

  constructor(options: Partial<SwarmOptions> = {}, of: Manifest = manifest) {
    this.state = createState(of, { self: SELF, mode: 'sync', pulseMs: 500, samples: 100, now: 0, ...options })
  }

  feed(input: Input, afterMs = 0): readonly Effect[] {
    this.now += afterMs
    return step(this.state, input, this.now).effects
  }

  meet(...peers: number[]): void {
    for (const peer of peers) this.feed({ type: 'neighbour', peer: keyOf(peer), connected: true })
  }

  /** A pulse of `peer`, whose set is as the own one unless `root` says otherwise. */
  pulse(peer: number, claim: Partial<Claim>, options: { readonly base?: number; readonly differs?: boolean } = {}) {
    const { epoch } = this.state.clock
    const digests = {
      intervalMs: 500,
      base: options.base ?? 0,
      rootEnd: Math.max(options.base ?? 0, options.differs === true ? 1 : 0),
      root: new Uint8Array(ROOT_BYTES).fill(options.differs === true ? 9 : 0),
      recent: []
    }
    return this.feed({
      type: 'pulse',
      from: keyOf(peer),
      pulse: { ...digests, claims: [new Uint8Array(120)] },
      claims: [
        {
          signer: keyOf(peer),
          claim: { epoch, counter: ++this.#counter, leaving: false, observer: false, ...claim },
          envelope: Uint8Array.of(peer)
        }
      ]
    })
  }

  /** The answer of `peer` about its history: snapshots of [epoch, kind], newest first. @returns what is fetched then */
  serves(peer: number, ...snapshots: [number, number][]) {
    return this.tells(peer, 0, 0, ...snapshots)
  }

  /** The same with the chain digest before an epoch, which `chain` stands for. */
  tells(peer: number, before: number, chain: number, ...snapshots: [number, number][]) {
    const effects = this.feed({
      type: 'chain',
      from: keyOf(peer),
      request: { kind: 'chain', before },
      answer: {
        reckoning: before === 0 ? null : { chain: new Uint8Array(32).fill(chain), entries: 5, tally: 5 },
        snapshots: snapshots.map(([epoch, kind]) => ({ epoch, hash: new Uint8Array(32).fill(kind) }))
      }
    })
    return effects.flatMap(effect =>
      effect.type === 'fetch-snapshot' ? [{ epoch: effect.epoch, from: effect.from }] : []
    )
  }

  update(author: number, epoch: number, via: 'gossip' | 'repair' = 'gossip') {
    return this.feed({ type: 'update', candidate: candidate(author, epoch), from: keyOf(author), via })
  }

  /** Ends the local steps and stores their update. @returns its epoch; undefined when nothing was to be signed */
  publish(): number | undefined {
    const effects = this.feed({ type: 'trained', delta: new Int32Array(48).fill(5000), steps: 5, loss: 1 }, GRACE)
    const seal = effects.find(effect => effect.type === 'seal')
    if (seal?.type !== 'seal') return undefined
    this.feed({ type: 'sealed', candidate: candidate(0, seal.epoch) })
    return seal.epoch
  }
}

function candidate(author: number, epoch: number) {
  const contentHash = new Uint8Array(32).fill(author)
  const update = { author: keyOf(author), epoch, weight: 100, drawBits: 0, contentHash, envelope: new Uint8Array(120) }
  const bytes = new Uint8Array(0)
  const coordinates = { indices: Uint32Array.of(1), values: Int32Array.of(100) }
  return { update, coordinates, author: bytes, payload: bytes, signature: bytes }
}

/** A snapshot with a hash that `kind` stands for. */
function snapshotOf(epoch: number, kind: number): Input {
  const ledger = { from: epoch, ids: new Map<number, Uint8Array>() }
  const head = { epoch, chain: new Uint8Array(32).fill(3), entries: 5, tally: 5, ledger }
  return {
    type: 'snapshot',
    snapshot: { ...head, params: new Float64Array(48), live: [] },
    made: { epoch, bytes: new Uint8Array(1), hash: new Uint8Array(32).fill(kind) }
  }
}

const asksForChain = (effects: readonly Effect[]) =>
  effects.some(effect => effect.type === 'ask' && effect.request.kind === 'chain')

const kinds = (effects: readonly Effect[]) => effects.map(({ type }) => type)

describe('a step of one peer', () => {
  it('signs nothing for an epoch that a store refused, and has the residual that it had before (R5)', () => {
    const peer = new Driven()
    peer.meet(1)
    const before = Int32Array.from({ length: 48 }, (_, i) => (i % 7) * 1001 - 3000)
    peer.state.own.residual = before.slice()
    const delta = Int32Array.from({ length: 48 }, (_, i) => (i - 20) * 12_345)
    const effects = peer.feed({ type: 'trained', delta: delta.slice(), steps: 5, loss: 1 }, GRACE)
    const seal = effects.find(effect => effect.type === 'seal')
    assert.ok(seal?.type === 'seal' && seal.epoch === 0)
    assert.notDeepEqual(peer.state.own.residual, before)
    peer.feed({ type: 'seal-failed', sparse: seal.sparse })
    assert.deepEqual(peer.state.own.residual, before)
    assert.equal(peer.state.counters.discardedSteps, 5, 'what piles up overshoots')
    assert.equal(peer.state.clock.epoch, 0)
    assert.ok(!kinds(peer.feed({ type: 'tick' }, 1)).includes('train'), 'this epoch is over for it')
    assert.equal(peer.publish(), undefined)
  })

  it('publishes nothing before the start is over, nor for an epoch that the others have long left', () => {
    const peer = new Driven()
    peer.meet(1, 2)
    const early = peer.feed({ type: 'trained', delta: new Int32Array(48).fill(5000), steps: 5, loss: 1 }, GRACE / 2)
    assert.ok(!kinds(early).includes('seal'))
    for (const other of [1, 2]) peer.pulse(other, { epoch: 50 })
    const late = peer.feed({ type: 'tick' }, GRACE)
    assert.equal(peer.state.clock.epoch, 50)
    assert.ok(!kinds(late).includes('seal'))
    assert.equal(peer.state.counters.discardedSteps, 5)
  })

  it('follows and does not lead while it catches up (C7)', () => {
    const peer = new Driven()
    peer.meet(1, 2)
    peer.publish()
    for (const other of [1, 2]) peer.pulse(other, { epoch: 50 })
    peer.feed({ type: 'tick' }, 300)
    assert.equal(peer.state.clock.epoch, 50)
    // One update of this epoch is all it knows of, so all it would expect.
    peer.now += 1000
    for (let epoch = 50; epoch < 54; epoch++) peer.update(1, epoch)
    peer.feed({ type: 'tick' }, manifest.clock.maxEpochMs)
    assert.ok(peer.state.clock.epoch <= 53, `${peer.state.clock.epoch}`)
    const stood = peer.state.clock.epoch
    assert.equal(peer.publish(), undefined)
    // With nobody to learn from it goes on in the end.
    peer.feed({ type: 'tick' }, 2 * manifest.clock.maxEpochMs)
    peer.feed({ type: 'tick' }, manifest.clock.maxEpochMs)
    assert.ok(peer.state.clock.epoch > stood)
    assert.ok(kinds(peer.feed({ type: 'tick' }, 0)).includes('train') || peer.state.own.training)
  })

  it('folds nothing of a history it has not got yet', () => {
    const forgetful = testManifest({ stop: { epochs: 200 }, limits: { retentionEpochs: 16 } })
    const peer = new Driven({}, forgetful)
    peer.meet(1, 2)
    peer.publish()
    for (const other of [1, 2]) peer.pulse(other, { epoch: 100 }, { differs: true })
    peer.feed({ type: 'tick' }, 300)
    assert.equal(peer.state.clock.epoch, 100)
    assert.equal(peer.state.set.base, 0)
  })

  it('asks who serves what when claims bear out a base, and fetches what enough neighbours vouch for, one at a time', () => {
    const peer = new Driven()
    peer.meet(1, 2, 3)
    assert.ok(!asksForChain(peer.pulse(3, { epoch: 1_000_000 }, { base: 960 })), 'heard first, and alone')
    peer.now += manifest.clock.graceMs
    peer.pulse(1, { epoch: 700 })
    peer.pulse(2, { epoch: 700 })
    assert.ok(!asksForChain(peer.pulse(3, { epoch: 1_000_000 }, { base: 960 })))
    assert.ok(asksForChain(peer.pulse(1, { epoch: 700 }, { base: 512 })))
    assert.equal(peer.state.clock.epoch, 700, 'meanwhile the clock has jumped')
    peer.pulse(2, { epoch: 700 }, { base: 512 })
    assert.deepEqual(peer.serves(1, [512, 7]), [])
    assert.deepEqual(peer.serves(3, [512, 9], [96, 9]), [], 'only it says so')
    assert.deepEqual(peer.serves(2, [544, 8], [512, 7]), [{ epoch: 512, from: [keyOf(1), keyOf(2)] }])
    assert.deepEqual(peer.serves(3, [512, 7]), [], 'one at a time')
    peer.feed({ type: 'snapshot-failed' })
    assert.deepEqual(peer.serves(1, [512, 7]), [{ epoch: 512, from: [keyOf(1), keyOf(3)] }])
    peer.feed(snapshotOf(512, 6))
    assert.equal(peer.state.set.base, 0, 'another one than it asked for')
    for (const other of [1, 2]) peer.serves(other, [512, 7])
    peer.feed(snapshotOf(512, 7))
    assert.equal(peer.state.set.base, 512)
    assert.equal(peer.state.clock.epoch, 700)
  })

  it('waits for more who vouch as long as there are neighbours who might, then takes what most say', () => {
    const peer = new Driven()
    peer.meet(1, 2, 3)
    const pulses = () => {
      const effects = [1, 2, 3].flatMap(other => peer.pulse(other, { epoch: 700 }, { base: other === 2 ? 544 : 512 }))
      return kinds(effects).includes('fetch-snapshot')
    }
    pulses()
    peer.now += manifest.clock.graceMs
    pulses()
    peer.tells(1, 544, 9)
    peer.tells(2, 544, 8, [544, 2])
    peer.serves(3)
    for (let i = 0; i < 5; i++) {
      peer.now += 500
      assert.ok(!pulses(), 'one contradicts it')
    }
    assert.deepEqual(peer.tells(3, 544, 8), [{ epoch: 544, from: [keyOf(2)] }])
  })

  it('doubts a snapshot that too few vouch for once for each time it was away', () => {
    const peer = new Driven()
    peer.meet(1)
    peer.pulse(1, { epoch: 0 })
    peer.now += manifest.clock.graceMs
    const adopt = (epoch: number, ...others: number[]) => {
      for (const other of [1, ...others]) peer.pulse(other, { epoch: epoch + 20 }, { base: epoch })
      if (others.length === 0) peer.now += 1001 // more might come who vouch
      for (const other of [1, ...others]) peer.serves(other, [epoch, 7])
      const effects = peer.feed(snapshotOf(epoch, 7))
      assert.equal(peer.state.set.base, epoch)
      return effects.flatMap(effect => (effect.type === 'note' || effect.type === 'warn' ? [effect] : []))
    }
    const [told] = adopt(288)
    assert.match(told!.message, /epoch 288, for which only 1 peer vouches; connect to more peers/)
    assert.equal(told!.type, 'note', 'nobody else is there who could vouch')
    assert.deepEqual([...adopt(352), ...adopt(384)], [], 'the others went on meanwhile')
    peer.meet(2)
    const later = 384 + manifest.limits.retentionEpochs
    assert.deepEqual(adopt(later, 2), [])
    peer.feed({ type: 'neighbour', peer: keyOf(2), connected: false })
    peer.now += 60_000
    peer.meet(3)
    // After so long a silence it hears them out before it believes any.
    peer.pulse(1, { epoch: later + 52 })
    peer.now += manifest.clock.graceMs
    const [again] = adopt(later + 32)
    assert.match(again!.message, /only 1 peer vouches;/)
    assert.equal(again!.type, 'warn', 'another one is there, and does not vouch')
  })

  it('is not taken to the end, nor to a snapshot, by a liar that is the first to be heard after a sleep (C6)', () => {
    const peer = new Driven()
    const pulses = (epoch: number, ...others: number[]) =>
      others.flatMap(other => peer.pulse(other, { epoch }, { base: epoch > 1000 ? 1600 : 0 }))
    peer.meet(1, 2, 3, 4)
    peer.publish()
    pulses(1, 1, 2, 3)
    peer.now += 3_600_000
    for (let i = 0; i < 4; i++) {
      const effects = [...pulses(1999 + i, 4), ...peer.feed({ type: 'tick' })]
      assert.deepEqual(
        kinds(effects).filter(kind => kind === 'trained' || kind === 'fetch-snapshot'),
        []
      )
      assert(peer.state.clock.epoch < 5, 'its own epochs may close')
    }
    pulses(700, 1, 2, 3)
    peer.feed({ type: 'tick' }, manifest.clock.graceMs)
    assert.equal(peer.state.clock.epoch, 700)
    assert.equal(peer.state.joiningSince, null)
  })

  it("does not take an update of long ago for its author's clock", () => {
    const peer = new Driven()
    peer.meet(1, 2)
    peer.publish()
    for (const other of [1, 2]) peer.pulse(other, { epoch: 50 })
    peer.feed({ type: 'tick' }, 300)
    peer.update(3, 10, 'repair')
    assert.ok(!peer.state.clock.claims.has(keyOf(3)))
    peer.update(3, 49, 'repair')
    assert.equal(peer.state.clock.claims.get(keyOf(3))?.epoch, 49)
  })

  it('settles on what its neighbours say after the end, not before', () => {
    const peer = new Driven({}, testManifest({ stop: { epochs: 1 } }))
    peer.meet(1)
    assert.equal(peer.publish(), 0)
    peer.pulse(1, {})
    assert.ok(peer.state.neighbours.get(keyOf(1))!.comparison.equal, 'nothing of what they told each other differed')
    const effects = peer.feed({ type: 'tick' }, manifest.clock.maxEpochMs)
    assert.ok(kinds(effects).includes('trained'))
    assert.ok(!kinds(effects).includes('settled'))
  })

  it('after a restart publishes in no epoch that it jumped into, nor in one that its own updates or claims tell of', () => {
    const peer = new Driven({ resumed: true })
    peer.meet(1, 2)
    assert.equal(peer.state.own.training, false, 'epoch 0 is listened to')
    for (const other of [1, 2]) peer.pulse(other, { epoch: 6 })
    peer.feed({ type: 'tick' }, 300)
    assert.equal(peer.state.clock.epoch, 6)
    assert.equal(peer.publish(), undefined)
    peer.update(0, 8)
    assert.equal(peer.state.own.signedEpoch, 8)
    while (peer.state.clock.epoch < 9) {
      assert.equal(peer.state.own.training, false, `in epoch ${peer.state.clock.epoch}`)
      peer.feed({ type: 'tick' }, manifest.clock.maxEpochMs)
    }
    assert.equal(peer.publish(), 9)
  })

  it('passes on goodbyes and clocks far ahead, a pulse full at a time, and nothing that updates and pulses tell', () => {
    const peer = new Driven({ samples: 0 })
    peer.meet(1)
    const relayed = () => {
      const out: number[] = []
      for (let i = 0; i < 3; i++)
        for (const effect of peer.feed({ type: 'tick' }, 500))
          if (effect.type === 'pulse') out.push(...effect.relayed.map(envelope => envelope[0]!))
      return out.sort((a, b) => a - b)
    }
    const others = Array.from({ length: MAX_PULSE_CLAIMS + 3 }, (_, i) => i + 2)
    for (const other of others) peer.pulse(other, { epoch: 0 })
    for (const other of others) peer.pulse(other, { epoch: manifest.clock.stalenessBound })
    assert.deepEqual(relayed(), [])
    for (const other of others) peer.pulse(other, { epoch: 3 + manifest.clock.stalenessBound, leaving: true })
    assert.deepEqual(relayed(), others)
    peer.pulse(2, { epoch: 900, leaving: true })
    assert.deepEqual(relayed(), [2])
  })

  it('rests: says so at once, drops what waits, and keeps its residual (C8)', () => {
    const peer = new Driven()
    peer.meet(1)
    peer.pulse(1, {})
    peer.publish()
    const residual = peer.state.own.residual.slice()
    const effects = peer.feed({ type: 'rest', resting: true }, 10)
    const [told] = effects.filter(effect => effect.type === 'pulse')
    assert.ok(told?.claim.observer)
    assert.deepEqual(peer.feed({ type: 'rest', resting: true }), [], 'said twice is said once')
    peer.feed({ type: 'train-aborted', steps: 5 })
    assert.deepEqual(peer.state.own.residual, residual)
    assert.equal(peer.feed({ type: 'rest', resting: false }, 10).find(({ type }) => type === 'pulse')?.type, 'pulse')
  })

  it('stands still where all rest, and is moved on by the updates of who does not, wherever that one is (C8)', () => {
    const peer = new Driven()
    peer.meet(1)
    peer.pulse(1, {})
    peer.feed({ type: 'rest', resting: true })
    peer.pulse(1, { observer: true })
    const hour = () => {
      for (let second = 0; second < 3600; second++) {
        peer.feed({ type: 'tick' }, 1000)
        peer.pulse(1, { observer: true })
      }
    }
    peer.feed({ type: 'tick' }, 10_000)
    const { epoch } = peer.state.clock
    hour()
    assert.equal(peer.state.clock.epoch, epoch)
    assert.ok(peer.state.pulseEveryMs > 500, 'nobody has anything to tell')
    peer.update(2, epoch + 3)
    for (let i = 0; i < 3 && peer.state.clock.epoch < epoch + 4; i++) peer.feed({ type: 'tick' }, 6000)
    assert.equal(peer.state.clock.epoch, epoch + 4)
    hour()
    assert.ok(peer.state.clock.epoch < epoch + 20, 'and stands still again, once that one has been forgotten')
  })

  it('passes on that an author rests, once, and expects nothing of it (C1)', () => {
    const peer = new Driven()
    peer.meet(1, 2)
    peer.pulse(1, {})
    peer.pulse(2, {})
    peer.publish()
    peer.update(1, 0)
    peer.update(2, 0)
    peer.feed({ type: 'tick' }, 1000)
    assert.equal(peer.state.clock.epoch, 1)
    peer.pulse(1, { observer: true })
    assert.deepEqual([...peer.state.relays.keys()], [keyOf(1)])
    assert.equal(attendance(peer.state, peer.now).expected, 2)
    peer.state.relays.clear()
    peer.pulse(1, { observer: true })
    assert.equal(peer.state.relays.size, 0)
    peer.pulse(1, {})
    assert.deepEqual([...peer.state.relays.keys()], [keyOf(1)])
    assert.equal(attendance(peer.state, peer.now).expected, 3)
  })

  it('dragged a million epochs ahead by its only neighbour goes back when it meets the others, and signs nothing twice', () => {
    const peer = new Driven({}, testManifest({ stop: { epochs: 2 ** 40 } }))
    const far = 1_000_000
    peer.meet(9)
    peer.pulse(9, { epoch: far }, { differs: true })
    peer.feed({ type: 'tick' }, manifest.clock.aloneGraceMs)
    assert.equal(peer.state.clock.epoch, far)
    assert.equal(peer.state.set.base, 0, 'nothing of a history that it has not got is folded')
    // It gives up waiting for that history, and publishes there.
    peer.pulse(9, { epoch: far }, { differs: true })
    peer.feed({ type: 'tick' }, 2 * manifest.clock.maxEpochMs + 1)
    peer.feed({ type: 'tick' }, manifest.clock.maxEpochMs)
    let signed = peer.publish()
    assert.ok(signed !== undefined && signed > far)
    peer.meet(1, 2, 3)
    const told: string[] = []
    let epoch = 12
    for (let ms = 0; peer.state.clock.epoch >= far && ms < 10 * manifest.clock.maxEpochMs; ms += 500) {
      peer.now += 500
      for (const other of [1, 2, 3])
        for (const effect of peer.pulse(other, { epoch })) if (effect.type === 'warn') told.push(effect.message)
      if (peer.state.own.training) signed = peer.publish() ?? signed
    }
    assert.equal(peer.state.clock.epoch, epoch)
    assert.equal(told.length, 1)
    assert.match(told[0]!, new RegExp(`all the others it hears are at 12 or before; .*publishes after epoch ${signed}`))
    assert.ok(peer.state.clock.epoch - peer.state.toldEpoch >= 0, 'its neighbours are told of its clock again')
    // It follows, and neither trains nor signs.
    for (; epoch < 30; epoch += 2) {
      const effects = [1, 2, 3].flatMap(other => peer.pulse(other, { epoch }))
      assert.ok(!kinds(effects).includes('train') && !kinds(effects).includes('seal'))
      peer.feed({ type: 'tick' }, 100)
      assert.ok(epoch - peer.state.clock.epoch <= 1, `${peer.state.clock.epoch} of ${epoch}`)
    }
    assert.equal(peer.state.own.training, false)
    // Whoever is ahead of it now drags it no further than an honest peer stands.
    for (let i = 0; i < 3; i++) peer.pulse(9, { epoch: 2 * far })
    assert.ok(peer.state.clock.epoch <= epoch)
  })

  it('tells of an equal set to whoever asks, whatever the retention', () => {
    const a = new Driven()
    const b = new Driven()
    for (const epoch of [0, 1, 2]) {
      a.update(1, epoch)
      b.update(1, 2 - epoch)
    }
    assert.equal(setDigest(a.state), setDigest(b.state))
  })
})
