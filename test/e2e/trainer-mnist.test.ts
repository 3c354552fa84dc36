import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { toFloat32 } from '#src/core/grid.js'
import { initialParams } from '#src/core/protocol/init.js'
import { startTrainerWorker } from '#src/node/trainer/index.js'
import { createManifest } from '#src/train/manifest.js'

/** A folder of MNIST's IDX files; the project does not bring them. */
const MNIST = process.env.STARLINGS_MNIST ?? '../shared/data/mnist'

describe('training on MNIST', () => {
  before(function () {
    if (existsSync(MNIST)) return
    process.stderr.write(`  skipped: no MNIST in ${MNIST}; name its folder in STARLINGS_MNIST\n`)
    this.skip()
  })

  for (const [model, steps, least] of [
    ['mlp', 120, 0.85],
    ['cnn', 80, 0.8]
  ] as const)
    it(`one peer with everything learns it in a few steps: ${model}`, async () => {
      const worker = startTrainerWorker()
      try {
        const manifest = createManifest({ task: { kind: 'mnist' }, seed: 1, expectedPeers: 1, model })
        const trainer = await worker.open({ manifest, data: MNIST })
        const start = toFloat32(initialParams(manifest.params.tensors, manifest.seed))
        const { params } = await trainer.train(start, steps)
        const { accuracy } = await trainer.evaluate(params, { maxSamples: 1000 })
        assert.ok(accuracy >= least, `accuracy ${accuracy}`)
      } finally {
        await worker.stop()
      }
    })
})
