/** What every {@link Trainer} does; each implementation runs this suite. */
import assert from 'node:assert/strict'
import { toFloat32 } from '#src/core/grid.js'
import { initialParams, parameterCount } from '#src/core/protocol/init.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import type { Trainer } from '#src/interface.js'
import { createManifest } from '#src/train/manifest.js'

export interface TrainerFactory {
  /** A new trainer of `digits` for peer `index` of 4, dealt evenly; the same each time. */
  create(manifest: Manifest, index: number): Promise<Trainer>
  /** A new trainer of `digits` that holds no training samples. */
  createWithoutSamples(manifest: Manifest): Promise<Trainer>
}

/** Registers the suite with mocha. */
export function trainerContract(name: string, factory: TrainerFactory): void {
  describe(`${name} as a trainer`, () => {
    const manifest = createManifest({ task: { kind: 'digits' }, seed: 3, expectedPeers: 4 })
    const start = toFloat32(initialParams(manifest.params.tensors, manifest.seed))
    const made: Trainer[] = []
    const create = async (index = 0): Promise<Trainer> => {
      const trainer = await factory.create(manifest, index)
      made.push(trainer)
      return trainer
    }
    afterEach(async () => {
      await Promise.all(made.splice(0).map(trainer => trainer.stop()))
    })

    it('tells its layout and its samples', async () => {
      const trainer = await create()
      assert.deepEqual(
        trainer.tensors.map(({ name, shape }) => [name, shape]),
        [
          ['dense1/kernel', [64, 64]],
          ['dense1/bias', [64]],
          ['dense2/kernel', [64, 10]],
          ['dense2/bias', [10]]
        ]
      )
      assert.equal(parameterCount(trainer.tensors), start.length)
      assert.equal(trainer.testSamples, 359)
      assert.ok(trainer.samples === 359 || trainer.samples === 360)
    })

    it('gives the same params for the same data, seed and start', async () => {
      const [a, b] = [await create(), await create()]
      const [first, second] = [await a.train(start, 4), await b.train(start, 4)]
      assert.deepEqual(first, second)
    })

    it('trains on its own samples, not on those of another peer', async () => {
      const [a, b] = [await create(0), await create(1)]
      assert.notDeepEqual((await a.train(start, 1)).params, (await b.train(start, 1)).params)
    })

    it('leaves the params it is given as they are', async () => {
      const trainer = await create()
      const given = start.slice()
      const { params } = await trainer.train(given, 2)
      await trainer.evaluate(given)
      assert.deepEqual(given, start)
      assert.notDeepEqual(params, start)
    })

    it('accepts a view of a longer array', async () => {
      const [a, b] = [await create(), await create()]
      const longer = new Float32Array(start.length + 20)
      longer.set(start, 7)
      const view = longer.subarray(7, 7 + start.length)
      assert.deepEqual((await a.train(view, 2)).params, (await b.train(start, 2)).params)
    })

    it('keeps batches and momentum from one call to the next', async () => {
      const [whole, parts] = [await create(), await create()]
      const { params } = await whole.train(start, 6)
      const half = await parts.train(start, 3)
      assert.deepEqual((await parts.train(half.params, 3)).params, params)
    })

    it('goes on with the momentum of another one that it took over', async () => {
      const [first, second, fresh] = [await create(), await create(), await create()]
      // Both take their first batch, so what differs is the momentum.
      const { params } = await first.train(start, 3)
      const state = await first.state()
      await second.restore(state)
      assert.deepEqual(await second.state(), state)
      assert.notDeepEqual((await second.train(params, 1)).params, (await fresh.train(params, 1)).params)
      assert.deepEqual(await first.state(), state, 'what was given is a copy')
    })

    it('refuses a state that is not one of its own, and trains as before', async () => {
      const [trainer, other] = [await create(), await create()]
      const state = await trainer.state()
      const newer = state.slice()
      newer[0] = 2
      const broken = state.slice()
      broken.fill(0xff, -4)
      for (const bad of [new Uint8Array(), state.subarray(1), newer, broken])
        await assert.rejects(trainer.restore(bad), RangeError)
      assert.deepEqual(await trainer.train(start, 2), await other.train(start, 2))
    })

    it('learns: the loss falls and the accuracy rises', async () => {
      const trainer = await create()
      const before = await trainer.evaluate(start)
      const first = await trainer.train(start, 5)
      const second = await trainer.train(first.params, 60)
      const last = await trainer.train(second.params, 5)
      const after = await trainer.evaluate(last.params)
      assert.ok(last.loss < first.loss / 2, `${first.loss} to ${last.loss}`)
      assert.ok(after.loss < before.loss)
      assert.ok(after.accuracy > 0.8, `accuracy ${after.accuracy}`)
    })

    it('evaluates everything held out, or the same part of it each time', async () => {
      const [a, b] = [await create(0), await create(1)]
      const full = await a.evaluate(start)
      assert.equal(full.samples, a.testSamples)
      assert.ok(full.computeMs >= 0)
      assert.ok(full.accuracy >= 0 && full.accuracy <= 1)
      const { computeMs: _, ...part } = await a.evaluate(start, { maxSamples: 50 })
      const { computeMs: __, ...again } = await b.evaluate(start, { maxSamples: 50 })
      assert.equal(part.samples, 50)
      assert.deepEqual(part, again)
      assert.equal((await a.evaluate(start, { maxSamples: 1e6 })).samples, a.testSamples)
    })

    it('evaluates without touching what it trains with', async () => {
      const [a, b] = [await create(), await create()]
      const first = await a.train(start, 2)
      await a.evaluate(start)
      await b.train(start, 2)
      assert.deepEqual(await a.train(first.params, 2), await b.train(first.params, 2))
    })

    it('stops training when aborted, and trains on afterwards', async () => {
      const trainer = await create()
      const controller = new AbortController()
      const training = trainer.train(start, 10_000, { signal: controller.signal })
      // Behind a long call the answer comes only when calls share the thread: the abort falls into the middle of it.
      await trainer.evaluate(start, { maxSamples: 10 })
      controller.abort()
      await assert.rejects(training, { name: 'AbortError' })
      assert.equal((await trainer.train(start, 1)).params.length, start.length)
    })

    it('does not begin when it is aborted before', async () => {
      const trainer = await create()
      const reason = new Error('not today')
      await assert.rejects(trainer.train(start, 1, { signal: AbortSignal.abort(reason) }), reason)
      await assert.rejects(trainer.evaluate(start, { signal: AbortSignal.abort(reason) }), reason)
    })

    it('refuses params of another length, and steps that are none', async () => {
      const trainer = await create()
      await assert.rejects(trainer.train(start.subarray(1), 1), RangeError)
      await assert.rejects(trainer.evaluate(new Float32Array(3)), /4810 parameters, not 3/)
      await assert.rejects(trainer.train(start, 0), RangeError)
    })

    it('says so when training leaves the finite numbers', async () => {
      const trainer = await create()
      const broken = start.slice()
      broken[5] = Number.NaN
      await assert.rejects(trainer.train(broken, 1), { name: 'RangeError', message: /not finite/ })
    })

    it('evaluates without samples of its own, and does not train', async () => {
      const trainer = await factory.createWithoutSamples(manifest)
      made.push(trainer)
      assert.equal(trainer.samples, 0)
      assert.equal((await trainer.evaluate(start)).samples, 359)
      await trainer.restore(await trainer.state())
      await assert.rejects(trainer.restore(Uint8Array.of(1)), RangeError)
      await assert.rejects(trainer.train(start, 1), /no training samples/)
    })

    it('stops twice, and refuses work afterwards', async () => {
      const trainer = await create()
      await trainer.stop()
      await trainer.stop()
      await assert.rejects(trainer.train(start, 1), /stopped/)
      await assert.rejects(trainer.state(), /stopped/)
    })
  })
}
