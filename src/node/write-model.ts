/** The trained model as a TensorFlow.js layers model: `model/model.json` and its weights. */
import type { Manifest } from '../core/protocol/manifest.js'
import type { OutFolder } from './out-folder.js'

/** @param params length n */
export async function writeModel(out: OutFolder, manifest: Manifest, params: Float32Array): Promise<void> {
  void out
  void manifest
  void params
}
