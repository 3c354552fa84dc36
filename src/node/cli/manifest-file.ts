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

const REMEDY = 'A manifest works as starlings swarm create wrote it: ask its creator for the file again.'

/** @throws {InputError} that names the file and the field or line at fault */
export async function readManifest(path: string): Promise<Manifest> {
  const text = await readText(
    path,
    MAX_MANIFEST_BYTES,
    'make a manifest with: starlings swarm create digits --out FILE'
  )
  const value = parseJson(path, text)
  checkProtocol(path, value)
  try {
    const manifest = parseManifest(value)
    // Peers check this too; here the file's name is still at hand. A start that is given lies somewhere else.
    if (manifest.params.start === 'drawn') checkedInitialParams(manifest)
    return manifest
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause
    throw new InputError(`${path}: ${cause.message}\n${REMEDY}`, { cause })
  }
}

/** A manifest of a later protocol has other fields, and complaints about those would mislead. */
function checkProtocol(path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || !('protocol' in value)) return
  const { protocol } = value
  if (typeof protocol === 'number' && Number.isInteger(protocol) && protocol > 1)
    throw new InputError(
      `${path}: is made for protocol ${protocol}, this Starlings speaks protocol 1; update Starlings`
    )
}
