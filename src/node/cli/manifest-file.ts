/** A manifest from a file, checked. */
import {
  checkedInitialParams,
  MAX_MANIFEST_BYTES,
  type Manifest,
  ManifestError,
  parseManifest
} from '../../core/protocol/manifest.js'
import { InputError } from './errors.js'
import { parseJson, readText } from './files.js'

/** @throws {InputError} that names the file and the field or line at fault */
export async function readManifest(path: string): Promise<Manifest> {
  const text = await readText(
    path,
    MAX_MANIFEST_BYTES,
    'make a manifest with: starlings swarm create digits --out FILE'
  )
  const value = parseJson(path, text)
  try {
    const manifest = parseManifest(value)
    // Peers check this too; here the file's name is still at hand.
    checkedInitialParams(manifest)
    return manifest
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause
    throw new InputError(`${path}: ${cause.message}\nA manifest has the fields that starlings swarm create writes.`, {
      cause
    })
  }
}
