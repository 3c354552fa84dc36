import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Curve } from '#src/browser/engine/curve.js'

const points = (epochs: readonly number[]) => epochs.map(epoch => ({ epoch, accuracy: epoch / 1e6 }))
const epochsOf = (curve: Curve) => curve.points.map(({ epoch }) => epoch)

describe('the curve of a page', () => {
  it('keeps all points as long as there are few', () => {
    const epochs = Array.from({ length: 798 }, (_, i) => i)
    assert.deepEqual(epochsOf(new Curve(points(epochs))), epochs)
  })

  it('stays short over any number of epochs, and shows the beginning of a training as densely as its end', () => {
    const curve = new Curve()
    for (let epoch = 3; epoch < 60_000; epoch++) {
      curve.add({ epoch, accuracy: epoch / 1e6 })
      if (epoch % 997 === 0) assert.ok(curve.points.length < 800, `${curve.points.length} at epoch ${epoch}`)
    }
    const epochs = epochsOf(curve)
    assert.ok(epochs.length >= 400)
    assert.equal(epochs[0], 3)
    assert.equal(epochs.at(-1), 59_999)
    const gaps = epochs.slice(1, -1).map((epoch, i) => epoch - epochs[i]!)
    assert.deepEqual([...new Set(gaps)], [128])
  })

  it('is bounded, ascending, and has the first and the newest of whatever comes, also in a later visit', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 10_000 })), {
      minLength: 1,
      maxLength: 3000,
      size: 'max'
    })
    fc.assert(
      fc.property(steps, fc.nat(3000), (gaps, pause) => {
        let curve = new Curve()
        let epoch = 0
        for (const [i, gap] of gaps.entries()) {
          if (i === pause) curve = new Curve(curve.points)
          epoch += gap
          curve.add({ epoch, accuracy: 0.5 })
        }
        const kept = epochsOf(curve)
        assert.ok(kept.length < 800)
        assert.equal(kept[0], gaps[0])
        assert.equal(kept.at(-1), epoch)
        assert.ok(kept.every((each, i) => i === 0 || each > kept[i - 1]!))
      }),
      { numRuns: 50 }
    )
  })

  it('takes an epoch that is trained again for the one that counts', () => {
    const curve = new Curve(points([0, 1, 2]))
    curve.add({ epoch: 1, accuracy: 0.5 })
    assert.deepEqual(curve.points, [
      { epoch: 0, accuracy: 0 },
      { epoch: 1, accuracy: 0.5 }
    ])
  })

  it('hands out an array that later points do not change, and the same one until there is one', () => {
    const curve = new Curve(points([0, 1]))
    const shown = curve.points
    assert.equal(curve.points, shown)
    curve.add({ epoch: 2, accuracy: 1 })
    assert.deepEqual(shown, points([0, 1]))
    assert.equal(curve.points.length, 3)
  })
})
