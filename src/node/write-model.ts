/** The trained model as a TensorFlow.js layers model: `model/model.json` and `model/weights.bin`. */
import type { Manifest } from '../core/protocol/manifest.js'
import { layersModelArtifacts } from '../train/export.js'
import type { OutFolder } from './out-folder.js'

/** @param params length n @throws {InputError} when a file cannot be written */
export async function writeModel(out: OutFolder, manifest: Manifest, params: Float32Array): Promise<void> {
  const { modelJson, weights } = layersModelArtifacts(manifest, params)
  await out.write('model/model.json', `${JSON.stringify(modelJson, null, 2)}\n`)
  await out.write('model/weights.bin', weights)
}
