import assert from 'node:assert/strict'
import { toFloat32 } from '#src/core/grid.js'
import { initialParams } from '#src/core/protocol/init.js'
import { ManifestError, type ModelSpec } from '#src/core/protocol/manifest.js'
import { startTrainerWorker, type TrainerWorker, TrainerWorkerError } from '#src/node/trainer/index.js'
import { DataError } from '#src/train/error.js'
import { createManifest } from '#src/train/manifest.js'
import { trainerContract } from '../../support/trainer-contract.js'

describe('the trainer worker', () => {
  const partition = { kind: 'iid' } as const
  let worker: TrainerWorker
  before(() => {
    worker = startTrainerWorker()
  })
  after(() => worker.stop())

  trainerContract('a trainer of the worker', {
    create: (manifest, index) => worker.open({ manifest, shard: { partition, seed: 1, index, count: 4 } }),
    createWithoutSamples: manifest => worker.open({ manifest, shard: 'none' })
  })

  const manifest = createManifest({ task: { kind: 'digits' }, seed: 3, expectedPeers: 4 })
  const start = toFloat32(initialParams(manifest.params.tensors, manifest.seed))

  it('computes what the engine on the own thread computes, for many trainers at a time', async () => {
    const trainers = await Promise.all(
      [0, 1, 2, 3].map(index => worker.open({ manifest, shard: { partition, seed: 1, index, count: 4 } }))
    )
    const together = await Promise.all(trainers.map(trainer => trainer.train(start, 100)))
    for (const [index, result] of together.entries()) {
      const alone = await worker.open({ manifest, shard: { partition, seed: 1, index, count: 4 } })
      assert.deepEqual(await alone.train(start, 100), result)
    }
  })

  it('does not let a long call keep the others waiting', async () => {
    const [long, short] = await Promise.all([worker.open({ manifest }), worker.open({ manifest })])
    const controller = new AbortController()
    let ended = false
    const training = long!.train(start, 1_000_000, { signal: controller.signal }).finally(() => {
      ended = true
    })
    await short!.train(start, 1)
    assert.equal(ended, false)
    controller.abort()
    await assert.rejects(training, { name: 'AbortError' })
  })

  it('hands errors over with their class and their place', async () => {
    const table = {
      kind: 'table',
      label: 'y',
      classes: ['a', 'b'],
      columns: [{ name: 'x', center: 0, scale: 1 }]
    } as const
    const missing = createManifest({ task: table as never, seed: 1, expectedPeers: 2 })
    await assert.rejects(worker.open({ manifest: missing, data: '/nowhere/table.csv' }), (error: unknown) => {
      assert.ok(error instanceof DataError)
      assert.equal(error.file, '/nowhere/table.csv')
      assert.match(error.message, /^\/nowhere\/table.csv: does not exist; name a CSV file/)
      return true
    })
    const model = { kind: 'mlp', inputs: 63, hidden: [8], classes: 10 } as const
    const other = createManifest({
      task: { kind: 'digits' },
      seed: 1,
      expectedPeers: 2,
      model: { ...model, hidden: [8] }
    })
    await assert.rejects(worker.open({ manifest: other }), (error: unknown) => {
      assert.ok(error instanceof ManifestError)
      assert.equal(error.message, 'model: takes 63 numbers per sample, the task gives 64')
      return true
    })
    const shard = { partition, seed: 1, index: 0, count: 1000 }
    await assert.rejects(worker.open({ manifest, shard }), { name: 'RangeError', message: /too few for 1000 peers/ })
  })

  it('builds no model of another size than the manifest tells of', async () => {
    const model: ModelSpec = { kind: 'mlp', inputs: 64, hidden: [65_536, 65_536], classes: 10 }
    const liar = { ...manifest, model }
    await assert.rejects(
      worker.open({ manifest: liar }),
      (error: unknown) => error instanceof ManifestError && error.field === 'params.tensors'
    )
  })

  it('opens a peer without any data, which can neither train nor evaluate', async () => {
    const mnist = createManifest({ task: { kind: 'mnist' }, seed: 1, expectedPeers: 2 })
    const trainer = await worker.open({ manifest: mnist, shard: 'none' })
    assert.equal(trainer.testSamples, 0)
    const params = new Float32Array(101_770)
    assert.equal((await trainer.evaluate(params)).samples, 0)
    await assert.rejects(worker.open({ manifest: mnist }), { name: 'DataError', message: /name a folder of IDX files/ })
  })

  it('rejects what is open when it stops, and everything afterwards', async () => {
    const mortal = startTrainerWorker()
    const trainer = await mortal.open({ manifest })
    const training = trainer.train(start, 1_000_000)
    await Promise.all([assert.rejects(training, TrainerWorkerError), mortal.stop()])
    await mortal.stop()
    await assert.rejects(trainer.evaluate(start), TrainerWorkerError)
    await assert.rejects(mortal.open({ manifest }), /was stopped/)
    await trainer.stop()
  })
})
