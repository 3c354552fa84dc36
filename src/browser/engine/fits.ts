/** Whether a browser can be asked to train a model: whoever invites chooses its size, and a phone that runs out of memory freezes. */
import { parameterCount } from '../../core/protocol/init.js'
import type { Manifest } from '../../core/protocol/manifest.js'
import { modelTensors } from '../../train/models.js'
import { SessionError } from './errors.js'

/** Each costs about 100 bytes: the start, the sum, the residual, the model, its gradient, what is being folded. */
export const MAX_PAGE_PARAMETERS = 2 ** 22

/**
 * By the model itself, too: what the manifest says of its parameters is compared with that only once it is built.
 * @throws {SessionError} with a sentence for the person
 */
export function checkFits({ model, params }: Manifest): void {
  const n = Math.max(parameterCount(params.tensors), parameterCount(modelTensors(model)))
  if (n <= MAX_PAGE_PARAMETERS) return
  const size = (n / 1e6).toFixed(1)
  throw new SessionError(
    'too-large',
    `The model of this swarm has ${size} million parameters, too many for a browser. Take part with Starlings on a computer.`
  )
}
