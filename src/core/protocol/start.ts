/** A given x0 that somebody brought, checked against the manifest. PROTOCOL.md, section 14. */
import { DecodeError } from '../wire/error.js'
import { decodeStart } from '../wire/start.js'
import { parameterCount } from './init.js'
import { checkedInitialParams, type Manifest, ManifestError } from './manifest.js'

/**
 * From then on `checkedInitialParams` knows x0 of this manifest.
 * @param bytes as `encodeStart` makes them @throws {ManifestError} when they are not those of this manifest's x0
 */
export function takeStart(manifest: Manifest, bytes: Uint8Array): Float64Array {
  try {
    return checkedInitialParams(manifest, decodeStart(bytes, parameterCount(manifest.params.tensors)))
  } catch (error) {
    if (error instanceof DecodeError) throw new ManifestError('params.start', `x0 cannot be read (${error.message})`)
    throw error
  }
}
