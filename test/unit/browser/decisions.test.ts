import assert from 'node:assert/strict'
import { Chronicle } from '#src/browser/engine/chronicle.js'
import type { Conditions } from '#src/browser/engine/conditions.js'
import { checkFits } from '#src/browser/engine/fits.js'
import { phaseOf, STRANDED_MS } from '#src/browser/engine/phase.js'
import { ALL_RULES, restReasons } from '#src/browser/engine/resting.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import type { EpochReport } from '#src/peer/events.js'
import { createManifest } from '#src/train/manifest.js'
import { modelTensors } from '#src/train/models.js'

const FINE: Conditions = { battery: null, saveData: false, metered: null, online: true, hidden: false }

describe('a page rests', () => {
  const reasons = (conditions: Partial<Conditions>, rules = ALL_RULES, asked = false) =>
    restReasons({ ...FINE, ...conditions }, rules, asked)

  it('for no reason that the browser does not give', () => {
    assert.deepEqual(reasons({}), [])
    assert.deepEqual(reasons({ hidden: true, metered: false, battery: { level: 1, charging: false } }), [])
  })

  it('on a low battery that is not being charged, on data saver, on a metered line, and without a network', () => {
    assert.deepEqual(reasons({ battery: { level: 0.19, charging: false } }), ['battery'])
    assert.deepEqual(reasons({ battery: { level: 0.2, charging: false } }), [])
    assert.deepEqual(reasons({ battery: { level: 0.01, charging: true } }), [])
    assert.deepEqual(reasons({ saveData: true, metered: true, online: false }), ['data-saver', 'metered', 'offline'])
  })

  it('also when told otherwise, where the person asks for it and where there is no network', () => {
    const none = { battery: false, saveData: false, metered: false }
    const all = { battery: { level: 0, charging: false }, saveData: true, metered: true, online: false }
    assert.deepEqual(reasons(all, none, true), ['asked', 'offline'])
  })
})

describe('a page says what it is at', () => {
  it('training or resting, until the last epoch is over and all have the same', () => {
    assert.equal(phaseOf('taking-part', 0, false), 'training')
    assert.equal(phaseOf('taking-part', 0, true), 'resting')
    assert.equal(phaseOf('trained', 0, false), 'settling')
    assert.equal(phaseOf('settled', STRANDED_MS + 1, false), 'ended')
    assert.equal(phaseOf('settled', 0, false, true), 'settling', 'when late updates come')
  })

  it('stranded when nobody could be reached for a while, but not while the person decides', () => {
    for (const stage of ['connecting', 'taking-part', 'trained'] as const) {
      assert.notEqual(phaseOf(stage, STRANDED_MS, false), 'stranded')
      assert.equal(phaseOf(stage, STRANDED_MS + 1, true), 'stranded')
    }
    for (const stage of ['choosing', 'starting', 'left'] as const)
      assert.equal(phaseOf(stage, STRANDED_MS + 1, false), stage)
  })
})

describe('a page trains no model that would freeze a phone', () => {
  const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2, epochs: null })
  const wide: Manifest['model'] = { kind: 'mlp', inputs: 64, hidden: [65_536, 1024], classes: 10 }
  const fault = { name: 'SessionError', fault: 'too-large' }

  it('whatever the manifest says of its parameters', () => {
    checkFits(manifest)
    assert.throws(() => checkFits({ ...manifest, model: wide }), fault)
    const params = {
      ...manifest.params,
      tensors: modelTensors(wide).map(each => ({ ...each, shape: [...each.shape] }))
    }
    assert.throws(() => checkFits({ ...manifest, params }), fault)
  })
})

describe('the chronicle of a page', () => {
  const report = (epoch: number, accuracy: number | null): EpochReport => ({
    epoch,
    next: epoch + 1,
    accuracy,
    loss: 1 / (epoch + 1),
    updates: 1,
    expected: 1,
    closedBy: 'quorum',
    durationMs: 1,
    payloadBytesReceived: 0,
    discardedSteps: 0
  })

  it('keeps few enough points for a chart, the last one always', () => {
    const chronicle = new Chronicle()
    for (let epoch = 0; epoch < 5000; epoch++) chronicle.closed(report(epoch, epoch / 5000))
    const { together } = chronicle
    assert.ok(together.length >= 400 && together.length < 800, `${together.length}`)
    assert.deepEqual(together.at(-1), { epoch: 4999, accuracy: 4999 / 5000 })
    assert.ok(together.every(({ epoch }, i) => i === 0 || epoch > together[i - 1]!.epoch))
  })

  it('has no point of a blank model, before a newcomer has caught up; what peers claim hides one point at most', () => {
    const chronicle = new Chronicle()
    chronicle.closed(report(0, 0.137), 2880)
    assert.deepEqual(chronicle.together, [])
    chronicle.closed(report(2879, 0.98), 2880)
    assert.deepEqual(chronicle.together, [{ epoch: 2879, accuracy: 0.98 }])
  })

  it('remembers when an update last came, and takes nothing for one that did not come in this visit', () => {
    const yesterday = new Date(86_400_000)
    const chronicle = new Chronicle({ together: [], alone: [], loss: null, lastUpdateAt: yesterday })
    chronicle.received(null)
    assert.equal(chronicle.lastUpdateAt, yesterday)
    const update = { author: 'ab', epoch: 3, atMs: 10 }
    chronicle.received(update)
    const came = chronicle.lastUpdateAt
    assert.ok(came && came > yesterday)
    chronicle.received({ ...update })
    assert.equal(chronicle.lastUpdateAt, came, 'the same one is looked at again')
    chronicle.received({ ...update, atMs: 11 })
    assert.notEqual(chronicle.lastUpdateAt, came)
  })

  it('takes an epoch that is trained again for the one that counts', () => {
    const chronicle = new Chronicle()
    for (const epoch of [0, 1, 2]) chronicle.closed(report(epoch, 0.1))
    chronicle.closed(report(1, 0.5))
    assert.deepEqual(chronicle.together, [
      { epoch: 0, accuracy: 0.1 },
      { epoch: 1, accuracy: 0.5 }
    ])
    chronicle.closed(report(2, null))
    assert.equal(chronicle.together.length, 2)
  })

  it('says each warning once, the latest last, and forgets the oldest', () => {
    const chronicle = new Chronicle()
    for (const message of ['a', 'b', 'a', 'c', 'd', 'e', 'f']) chronicle.warn(message)
    assert.deepEqual(chronicle.warnings, ['A', 'C', 'D', 'E', 'F'], 'as sentences')
    for (const message of ['g', 'h', 'i']) chronicle.note(message)
    assert.deepEqual(chronicle.notes, ['H', 'I'])
    assert.equal(chronicle.warnings.length, 5, 'notes are none')
  })
})
