/** A trained model for others: a TensorFlow.js layers model, `model.json` beside `weights.bin`. Pure; no tfjs needed. */
import { parameterCount } from '../core/protocol/init.js'
import type { Manifest, TaskSpec } from '../core/protocol/manifest.js'
import { kerasTopology } from './engine/topology.js'

export interface LayersModelArtifacts {
  /** To be written as JSON to `model.json`; it names `weights.bin` in the same folder. */
  readonly modelJson: Readonly<Record<string, unknown>>
  /** Little-endian float32, the flat vector as it is. */
  readonly weights: Uint8Array
}

/**
 * What `tf.loadLayersModel` loads. The model gives probabilities; the metadata says how to scale its inputs and what its
 * classes are.
 * @param params length n
 * @throws {RangeError} on another length
 */
export function layersModelArtifacts(manifest: Manifest, params: Float32Array): LayersModelArtifacts {
  const { model, params: layout, task } = manifest
  const n = parameterCount(layout.tensors)
  if (params.length !== n) throw new RangeError(`the model has ${n} parameters, not ${params.length}`)
  const weights = new Uint8Array(4 * n)
  const view = new DataView(weights.buffer)
  for (let i = 0; i < n; i++) view.setFloat32(4 * i, params[i]!, true)
  const modelJson = {
    format: 'layers-model',
    generatedBy: 'starlings',
    convertedBy: null,
    modelTopology: kerasTopology(model, 'softmax'),
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: layout.tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }))
      }
    ],
    userDefinedMetadata: { swarm: manifest.name, ...inputsAndClasses(task) }
  }
  return { modelJson, weights }
}

function inputsAndClasses(task: TaskSpec): Record<string, unknown> {
  if (task.kind === 'table') return { columns: task.columns, label: task.label, classes: task.classes }
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit))
  return {
    inputs: task.kind === 'digits' ? 'pixels 0 to 16, divided by 16' : 'pixels 0 to 255, divided by 255',
    classes
  }
}
