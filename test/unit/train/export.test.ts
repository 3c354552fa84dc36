import assert from 'node:assert/strict'
import { type io, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { loadEngine } from '#src/node/trainer/engine.js'
import { softmaxCrossEntropy } from '#src/train/engine/loss.js'
import { layersModelArtifacts } from '#src/train/export.js'
import { createManifest } from '#src/train/manifest.js'
import { modelInputs } from '#src/train/models.js'
import { randomFloats, randomLabels } from './support.js'

describe('the exported layers model', () => {
  for (const kind of ['mlp', 'cnn'] as const)
    it(`loads as a ${kind} that predicts what the engine predicts`, async () => {
      const manifest = createManifest({ task: { kind: 'digits' }, seed: 5, expectedPeers: 2, model: kind })
      const engine = await loadEngine(manifest.model)
      const params = randomFloats(engine.n, 1, 0.3)
      const { modelJson, weights } = layersModelArtifacts(manifest, params)
      const stored = JSON.parse(JSON.stringify(modelJson)) as {
        modelTopology: object
        weightsManifest: io.WeightsManifestConfig
      }
      const handler: io.IOHandler = {
        load: async () => ({
          modelTopology: stored.modelTopology,
          weightSpecs: stored.weightsManifest[0]!.weights,
          weightData: weights.slice().buffer
        })
      }
      const model = await loadLayersModel(handler)
      const count = 20
      const inputs = randomFloats(count * modelInputs(manifest.model), 2)
      const labels = randomLabels(count, 10, 3)
      const expected = engine.evaluate(params, inputs, labels)
      const shape = manifest.model.kind === 'mlp' ? [count, 64] : [count, 8, 8, 1]
      const probabilities = tidy(() => (model.predict(tensor(inputs, shape)) as Tensor).dataSync() as Float32Array)
      const found = softmaxCrossEntropy(probabilities.map(Math.log), labels, 10)
      assert.equal(found.correct, expected.correct)
      assert.ok(Math.abs(found.loss - expected.loss) < 1e-4, `${found.loss} and ${expected.loss}`)
      model.dispose()
      engine.dispose()
    })

  it('refuses params of another length', () => {
    const manifest = createManifest({ task: { kind: 'digits' }, seed: 5, expectedPeers: 2 })
    assert.throws(() => layersModelArtifacts(manifest, new Float32Array(9)), RangeError)
  })

  it('says how to scale the inputs of a table', () => {
    const columns = [{ name: 'age', center: 50, scale: 10 }]
    const task = { kind: 'table' as const, label: 'ill', classes: ['no', 'yes'], columns }
    const manifest = createManifest({ task, seed: 5, expectedPeers: 2 })
    const n = manifest.params.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)
    const { modelJson } = layersModelArtifacts(manifest, new Float32Array(n))
    assert.deepEqual(modelJson.userDefinedMetadata, { swarm: 'table', columns, label: 'ill', classes: ['no', 'yes'] })
  })
})
