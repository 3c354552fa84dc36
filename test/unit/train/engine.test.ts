import assert from 'node:assert/strict'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { type Manifest, type ModelSpec, parseManifest } from '#src/core/protocol/manifest.js'
import { loadBackend, loadEngine } from '#src/node/trainer/engine.js'
import { createEngine } from '#src/train/engine/engine.js'
import { softmaxCrossEntropy } from '#src/train/engine/loss.js'
import { createManifest } from '#src/train/manifest.js'
import { modelInputs } from '#src/train/models.js'
import { createMomentum } from '#src/train/optimizer.js'
import { randomFloats, randomLabels } from './support.js'

const BATCH = 6

interface Case {
  readonly name: string
  readonly model: ModelSpec
}

const CASES: readonly Case[] = [
  { name: 'an mlp', model: { kind: 'mlp', inputs: 20, hidden: [13, 7], classes: 4 } },
  { name: 'an mlp that is wide against its batch', model: { kind: 'mlp', inputs: 400, hidden: [90], classes: 10 } },
  { name: 'a linear model', model: { kind: 'mlp', inputs: 5, hidden: [], classes: 3 } },
  { name: 'a cnn of even sides', model: { kind: 'cnn', input: [8, 8, 1], filters: [4, 6], dense: 9, classes: 10 } },
  { name: 'a cnn of odd sides', model: { kind: 'cnn', input: [7, 5, 3], filters: [4, 5, 2], dense: 6, classes: 3 } },
  {
    name: 'a cnn with images smaller than its kernel',
    model: { kind: 'cnn', input: [2, 1, 2], filters: [3], dense: 4, classes: 2 }
  }
]

describe('the TensorFlow.js engine', () => {
  before(() => loadBackend())
  afterEach(() => setBackend('wasm'))

  for (const { name, model } of CASES)
    it(`computes on wasm the gradients of the cpu backend: ${name}`, async () => {
      const inputs = randomFloats(BATCH * modelInputs(model), 1)
      const labels = randomLabels(BATCH, model.classes, 2)
      const results = []
      for (const backend of ['wasm', 'cpu']) {
        await setBackend(backend)
        const engine = await createEngine(model)
        const params = randomFloats(engine.n, 3, 0.5)
        const gradient = new Float32Array(engine.n)
        results.push({ gradient, ...engine.gradient(params, inputs, labels, gradient) })
        engine.dispose()
      }
      const [wasm, cpu] = results
      assert.ok(Math.abs(wasm!.loss - cpu!.loss) < 1e-5)
      assert.ok(cpu!.gradient.some(g => Math.abs(g) > 1e-3))
      for (const [i, g] of cpu!.gradient.entries())
        assert.ok(Math.abs(g - wasm!.gradient[i]!) < 1e-5 + 1e-4 * Math.abs(g), `${i}: ${wasm!.gradient[i]}, not ${g}`)
    })

  it('computes the slope of the loss: differences agree with it', async () => {
    const model: ModelSpec = { kind: 'cnn', input: [6, 6, 2], filters: [3], dense: 5, classes: 3 }
    const engine = await loadEngine(model)
    const inputs = randomFloats(BATCH * engine.inputs, 1)
    const labels = randomLabels(BATCH, 3, 2)
    const params = randomFloats(engine.n, 3, 0.5)
    const gradient = new Float32Array(engine.n)
    engine.gradient(params, inputs, labels, gradient)
    // Uphill, where the slope is the gradient's length and large against float32's noise.
    const length = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))
    const at = (step: number): number => {
      const moved = params.map((x, i) => x + (step * gradient[i]!) / length)
      return engine.evaluate(moved, inputs, labels).loss
    }
    const measured = (at(2e-3) - at(-2e-3)) / 4e-3
    assert.ok(Math.abs(length - measured) < 0.02 * length, `${length} and ${measured}`)
    engine.dispose()
  })

  it('leaves no tensor behind', async () => {
    const before = memory().numTensors
    const model: ModelSpec = { kind: 'cnn', input: [8, 8, 1], filters: [4], dense: 8, classes: 10 }
    const engine = await loadEngine(model)
    const params = randomFloats(engine.n, 1, 0.1)
    const inputs = randomFloats(BATCH * 64, 2)
    const labels = randomLabels(BATCH, 10, 3)
    const gradient = new Float32Array(engine.n)
    const once = (): number => {
      engine.gradient(params, inputs, labels, gradient)
      engine.evaluate(params, inputs, labels)
      return memory().numTensors
    }
    const after = once()
    for (let i = 0; i < 20; i++) assert.equal(once(), after)
    engine.dispose()
    assert.equal(memory().numTensors, before)
  })

  it('sees new params each time, however the backend keeps the old ones', async () => {
    const engine = await loadEngine({ kind: 'mlp', inputs: 4, hidden: [3], classes: 2 })
    const inputs = randomFloats(BATCH * 4, 1)
    const labels = randomLabels(BATCH, 2, 2)
    const a = randomFloats(engine.n, 3)
    const b = randomFloats(engine.n, 4)
    const first = engine.evaluate(a, inputs, labels)
    assert.notDeepEqual(engine.evaluate(b, inputs, labels), first)
    assert.deepEqual(engine.evaluate(a, inputs, labels), first)
    engine.dispose()
  })
})

describe('softmax cross-entropy', () => {
  it('is ln(classes) for equal logits, and stays finite for huge ones', () => {
    const even = softmaxCrossEntropy(new Float32Array(8), Int32Array.of(0, 3), 4)
    assert.ok(Math.abs(even.loss - Math.log(4)) < 1e-12)
    assert.equal(even.correct, 1)
    const gradient = new Float32Array(2)
    const huge = softmaxCrossEntropy(Float32Array.of(1e30, -1e30), Int32Array.of(1), 2, gradient)
    assert.ok(Number.isFinite(huge.loss))
    assert.deepEqual([...gradient], [1, -1])
  })
})

describe('momentum', () => {
  it('remembers the last steps', () => {
    const optimizer = createMomentum(1, 0.5, 0.5)
    const params = Float32Array.of(0)
    for (const expected of [-0.5, -1.25, -2.125]) {
      optimizer.step(params, Float32Array.of(1))
      assert.equal(params[0], expected)
    }
  })

  it('names the first value that is not finite', () => {
    const optimizer = createMomentum(3, 0.1, 0.9)
    assert.throws(() => optimizer.step(new Float32Array(3), Float32Array.of(0, Number.NaN, 0)), /index 1; lower the/)
  })
})

describe('a new manifest', () => {
  const digits = { kind: 'digits' } as const
  const cases: [string, Manifest, number][] = [
    ['digits', createManifest({ task: digits, seed: 1, expectedPeers: 16 }), 4810],
    ['mnist', createManifest({ task: { kind: 'mnist' }, seed: 1, expectedPeers: 16 }), 101_770],
    ['mnist with a cnn', createManifest({ task: { kind: 'mnist' }, seed: 1, expectedPeers: 16, model: 'cnn' }), 105_866]
  ]
  for (const [name, manifest, n] of cases)
    it(`is one that peers accept: ${name}`, async () => {
      assert.deepEqual(parseManifest(JSON.parse(JSON.stringify(manifest))), manifest)
      const engine = await loadEngine(manifest.model)
      assert.equal(engine.n, n)
      engine.dispose()
    })

  it('turns a density into a budget, and takes a budget as it is', () => {
    const of = (options: object) =>
      createManifest({ task: digits, seed: 1, expectedPeers: 16, ...options }).gossip.budgetBytes
    assert.ok(of({ density: 0.2 }) > of({ density: 0.1 }))
    assert.equal(of({ density: 0.1, expectedPeers: 16 }), 2 * of({ density: 0.1, expectedPeers: 8 }))
    assert.equal(of({ density: 0.1, expectedPeers: 256 }), of({ density: 0.1 }), '16 of them are drawn')
    assert.equal(of({ budgetBytes: 5000 }), 5000)
  })

  it('refuses a cnn for a table, and values out of range', () => {
    const task = {
      kind: 'table' as const,
      label: 'y',
      classes: ['a', 'b'],
      columns: [{ name: 'x', center: 0, scale: 1 }]
    }
    assert.throws(() => createManifest({ task, seed: 1, expectedPeers: 2, model: 'cnn' }), /needs images/)
    assert.throws(() => createManifest({ task, seed: -1, expectedPeers: 2 }), /seed/)
  })
})
