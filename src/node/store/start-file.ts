/** x0 of a swarm that goes on from a trained model: it cannot be drawn again, so a home keeps it. */
import { readFile } from 'node:fs/promises'
import { type Manifest, ManifestError } from '../../core/protocol/manifest.js'
import { takeStart } from '../../core/protocol/start.js'
import { InputError, systemReason } from '../cli/errors.js'
import { replaceFile } from './replace-file.js'

const REMEDY = 'join once more with an invite, in another folder: peers of the swarm have it'

/**
 * @param given as `encodeStart` makes it; kept from then on @default what was kept
 * @returns undefined where x0 is drawn
 * @throws {InputError} when there is none, or it is another one than the manifest says
 */
export async function keepStart(
  path: string,
  manifest: Manifest,
  given: Uint8Array | undefined
): Promise<Uint8Array | undefined> {
  if (manifest.params.start === 'drawn') return undefined
  const bytes = given ?? (await readStart(path))
  try {
    takeStart(manifest, bytes)
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause
    throw new InputError(`${path}: ${cause.message}; ${REMEDY}`, { cause })
  }
  if (given !== undefined) await replaceFile(path, given)
  return bytes
}

async function readStart(path: string): Promise<Uint8Array> {
  return readFile(path).catch(cause => {
    throw new InputError(
      `${path}: ${systemReason(cause) ?? 'cannot be read'}; it holds the model that this swarm starts from; ${REMEDY}`,
      { cause }
    )
  })
}
