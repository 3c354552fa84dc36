/**
 * Gradients and predictions of one model by TensorFlow.js, on the backend that is set. It holds no parameters of its
 * own between calls, so all trainers of a worker share one. No `fit`: that costs more than twice as much per step.
 */
import {
  backend,
  customGrad,
  type Scalar,
  scalar,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variableGrads
} from '@tensorflow/tfjs-core'
import { type LayersModel, type ModelAndWeightsConfig, models } from '@tensorflow/tfjs-layers'
import { tensorSize } from '../../core/protocol/init.js'
import type { ModelSpec } from '../../core/protocol/manifest.js'
import { modelInputs, modelTensors } from '../models.js'
import { type BatchLoss, softmaxCrossEntropy } from './loss.js'
import { kerasTopology } from './topology.js'
import { asWasm, numbers, type WasmBackend } from './wasm-heap.js'

/** Every call is synchronous and leaves no tensor behind. */
export interface Engine {
  /** Length of params. */
  readonly n: number
  /** Numbers in one sample. */
  readonly inputs: number
  /**
   * @param params length n
   * @param inputs labels.length samples, row-major
   * @param gradient takes d loss / d params, length n
   */
  gradient(params: Float32Array, inputs: Float32Array, labels: Int32Array, gradient: Float32Array): BatchLoss
  evaluate(params: Float32Array, inputs: Float32Array, labels: Int32Array): BatchLoss
  dispose(): void
}

type PyJsonDict = ModelAndWeightsConfig['modelTopology']

interface Slot {
  readonly variable: Variable
  readonly name: string
  readonly shape: number[]
  readonly from: number
  readonly to: number
}

/** Builds the layers model on the current backend; on wasm, `registerGradientKernels` comes first. */
export async function createEngine(spec: ModelSpec): Promise<Engine> {
  const topology: unknown = kerasTopology(spec, 'linear')
  const model = await models.modelFromJSON({ modelTopology: topology as PyJsonDict })
  const slots: Slot[] = []
  let n = 0
  const tensors = modelTensors(spec)
  for (const [i, weight] of model.weights.entries()) {
    const { name, shape } = tensors[i]!
    const size = tensorSize(tensors[i]!)
    // LayerVariable hides its tfjs variable from its type, and gradients are taken with respect to that.
    const variable = (weight as unknown as { readonly val: Variable }).val
    if (shape.join() !== weight.shape.join()) throw new TypeError(`${name} has shape ${weight.shape}, not ${shape}`)
    slots.push({ variable, name, shape: [...shape], from: n, to: n + size })
    n += size
  }
  return new LayersEngine(spec, model, slots, n, asWasm(backend()))
}

class LayersEngine implements Engine {
  readonly inputs: number
  readonly #variables: Variable[]

  constructor(
    private readonly spec: ModelSpec,
    private readonly model: LayersModel,
    private readonly slots: readonly Slot[],
    readonly n: number,
    private readonly wasm: WasmBackend | undefined
  ) {
    this.inputs = modelInputs(spec)
    this.#variables = slots.map(slot => slot.variable)
  }

  gradient(params: Float32Array, inputs: Float32Array, labels: Int32Array, gradient: Float32Array): BatchLoss {
    this.#load(params)
    const { classes } = this.spec
    let result: BatchLoss = { loss: 0, correct: 0 }
    tidy(() => {
      const loss = customGrad(logits => {
        const slope = new Float32Array(labels.length * classes)
        result = softmaxCrossEntropy(numbers(logits as Tensor, this.wasm), labels, classes, slope)
        return { value: scalar(result.loss), gradFunc: () => tensor(slope, [labels.length, classes]) }
      })
      const x = this.#batch(inputs, labels.length)
      const { grads } = variableGrads(() => loss(this.#forward(x)) as Scalar, this.#variables)
      for (const slot of this.slots) gradient.set(numbers(grads[slot.variable.name]!, this.wasm), slot.from)
    })
    return result
  }

  evaluate(params: Float32Array, inputs: Float32Array, labels: Int32Array): BatchLoss {
    this.#load(params)
    let result: BatchLoss = { loss: 0, correct: 0 }
    tidy(() => {
      const logits = this.#forward(this.#batch(inputs, labels.length))
      result = softmaxCrossEntropy(numbers(logits, this.wasm), labels, this.spec.classes)
    })
    return result
  }

  dispose(): void {
    this.model.dispose()
  }

  #forward(x: Tensor): Tensor {
    // The layers one by one: what `model.apply` does besides costs as much as a small model.
    return this.model.layers.reduce((value, layer) => layer.call(value, {}) as Tensor, x)
  }

  #batch(inputs: Float32Array, count: number): Tensor {
    return tensor(inputs, [count, ...(this.spec.kind === 'mlp' ? [this.spec.inputs] : this.spec.input)])
  }

  /** New tensors each time: XNNPACK packs a weight once per tensor, so overwriting in place would go unnoticed. */
  #load(params: Float32Array): void {
    if (params.length !== this.n) throw new RangeError(`the model has ${this.n} parameters, not ${params.length}`)
    for (const { variable, shape, from, to } of this.slots) {
      const value = tensor(params.subarray(from, to), shape)
      variable.assign(value)
      value.dispose()
    }
  }
}
