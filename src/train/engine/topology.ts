/** A model as the Keras topology that TensorFlow.js builds layers models from; its variables lie in flat order. */
import type { ModelSpec } from '../../core/protocol/manifest.js'
import { denseUnits, KERNEL_SIDE, STRIDE } from '../models.js'

/** JSON of a Keras `Sequential` model. */
export interface KerasTopology {
  readonly class_name: 'Sequential'
  readonly config: { readonly name: string; readonly layers: readonly KerasLayer[] }
  readonly keras_version: string
  readonly backend: string
}

interface KerasLayer {
  readonly class_name: 'Dense' | 'Conv2D' | 'Flatten'
  readonly config: Readonly<Record<string, unknown>>
}

/** Values come from the flat vector in any case. */
const ZEROS = { class_name: 'Zeros', config: {} }

/**
 * Hidden layers use ReLU. Samples enter as [inputs] (`mlp`) or [height, width, channels] (`cnn`), channels last.
 * @param output what the last layer gives: `linear` for logits, which training needs, or `softmax` for probabilities
 */
export function kerasTopology(model: ModelSpec, output: 'linear' | 'softmax'): KerasTopology {
  const layers: KerasLayer[] = []
  const add = (class_name: KerasLayer['class_name'], config: Record<string, unknown>): void => {
    const first = layers.length === 0
    const input = {
      batch_input_shape: [null, ...(model.kind === 'mlp' ? [model.inputs] : model.input)],
      dtype: 'float32'
    }
    layers.push({ class_name, config: { ...config, trainable: true, ...(first ? input : {}) } })
  }
  const variables = { use_bias: true, kernel_initializer: ZEROS, bias_initializer: ZEROS }
  if (model.kind === 'cnn') {
    for (const [i, filters] of model.filters.entries())
      add('Conv2D', {
        ...variables,
        name: `conv${i + 1}`,
        filters,
        kernel_size: [KERNEL_SIDE, KERNEL_SIDE],
        strides: [STRIDE, STRIDE],
        padding: 'same',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        activation: 'relu'
      })
    add('Flatten', { name: 'flatten', data_format: 'channels_last' })
  }
  const units = denseUnits(model)
  for (const [i, width] of units.entries())
    add('Dense', {
      ...variables,
      name: `dense${i + 1}`,
      units: width,
      activation: i === units.length - 1 ? output : 'relu'
    })
  return {
    class_name: 'Sequential',
    config: { name: model.kind, layers },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js'
  }
}
