/** Whether a manifest's parameters are those of its model. */
import { type Manifest, ManifestError } from '../core/protocol/manifest.js'
import { modelTensors } from './models.js'

/**
 * To be asked before the model is built: whoever made the manifest may name a few parameters and a model that no memory holds.
 * @throws {ManifestError} that names both layouts
 */
export function checkLayout({ model, params }: Manifest): void {
  const layout = JSON.stringify(modelTensors(model).map(({ name, shape }) => [name, shape]))
  if (layout !== JSON.stringify(params.tensors.map(({ name, shape }) => [name, shape])))
    throw new ManifestError('params.tensors', `are not those of the model, which are ${layout}`)
}
