/**
 * The models a manifest can name and the flat layout of their parameters: kernel then bias of each layer, in the order
 * in which a sample passes them, each row-major with the output axis last, as Keras stores them. PROTOCOL.md, section 3.
 */
import { GRID } from '../core/grid.js'
import { glorotLimit, type TensorSpec } from '../core/protocol/init.js'
import type { ModelSpec } from '../core/protocol/manifest.js'

export { MODEL_NAMES, type ModelName, type TaskDefaults, taskDefaults } from './defaults.js'

/** Side of the square kernels of a `cnn`. */
export const KERNEL_SIDE = 3
/** Stride of the convolutions of a `cnn`, in both directions; padding is `same`. */
export const STRIDE = 2

/** Numbers in one sample. */
export function modelInputs(model: ModelSpec): number {
  return model.kind === 'mlp' ? model.inputs : model.input[0] * model.input[1] * model.input[2]
}

/**
 * Names, shapes and start limits of the flat vector.
 *
 * - `mlp`: `dense1/kernel` [inputs, hidden₁], `dense1/bias` [hidden₁], `dense2/kernel`, … the last dense gives the logits.
 * - `cnn`: `conv1/kernel` [3, 3, channels, filters₁], `conv1/bias`, …, `dense1/kernel` [flat, dense], `dense1/bias`,
 *   `dense2/kernel` [dense, classes], `dense2/bias`.
 *
 * Kernels start Glorot-uniform, biases zero.
 */
export function modelTensors(model: ModelSpec): TensorSpec[] {
  const tensors: TensorSpec[] = []
  let flat = model.kind === 'mlp' ? model.inputs : 0
  if (model.kind === 'cnn') {
    let [height, width, channels] = model.input
    for (const [i, filters] of model.filters.entries()) {
      const area = KERNEL_SIDE * KERNEL_SIDE
      tensors.push(
        {
          name: `conv${i + 1}/kernel`,
          shape: [KERNEL_SIDE, KERNEL_SIDE, channels, filters],
          initLimit: glorotLimit(area * channels, area * filters, GRID)
        },
        { name: `conv${i + 1}/bias`, shape: [filters], initLimit: 0 }
      )
      height = Math.ceil(height / STRIDE)
      width = Math.ceil(width / STRIDE)
      channels = filters
    }
    flat = height * width * channels
  }
  for (const [i, units] of denseUnits(model).entries()) {
    tensors.push(
      { name: `dense${i + 1}/kernel`, shape: [flat, units], initLimit: glorotLimit(flat, units, GRID) },
      { name: `dense${i + 1}/bias`, shape: [units], initLimit: 0 }
    )
    flat = units
  }
  return tensors
}

/** Widths of the dense layers, the last one being the classes. */
export function denseUnits(model: ModelSpec): number[] {
  return model.kind === 'mlp' ? [...model.hidden, model.classes] : [model.dense, model.classes]
}
