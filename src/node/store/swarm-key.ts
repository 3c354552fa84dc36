/** The key of a private swarm in a home: whoever has it is let in, so it is for its owner only. */
import { chmod } from 'node:fs/promises'
import { fitsKey, keyCheck, SWARM_KEY_BYTES } from '../../core/protocol/admission.js'
import type { Manifest } from '../../core/protocol/manifest.js'
import { InputError } from '../cli/errors.js'
import { readIfThere } from './read-file.js'
import { replaceFile } from './replace-file.js'

const REMEDY = 'join once more with an invite, which holds the key'

/**
 * The key that goes with the manifest: the one that is given, which is kept from now on, or the one that was kept.
 * @returns undefined for swarms without one, and where none is at hand
 * @throws {InputError} when a key is of another swarm, or cannot be read or written
 */
export async function keepSwarmKey(
  path: string,
  { admission }: Manifest,
  given: Uint8Array | undefined
): Promise<Uint8Array | undefined> {
  if (admission.rule !== 'key') return undefined
  const kept = await readKey(path)
  if (given === undefined) {
    if (kept === undefined || fitsKey(admission, kept)) return kept
    throw new InputError(`${path}: holds the key of another swarm; ${REMEDY}`)
  }
  if (!fitsKey(admission, given))
    throw new InputError(
      `the key is not that of this swarm, but of one with the check ${keyCheck(given)}; ask for a fresh invite`
    )
  if (kept === undefined || !fitsKey(admission, kept))
    await replaceFile(path, `${Buffer.from(given).toString('base64url')}\n`)
  return given
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  // Backups and copies forget who may read a file; where it cannot be said again, others may look.
  await chmod(path, 0o600).catch(() => undefined)
  const key = new Uint8Array(Buffer.from(text.trim(), 'base64url'))
  if (key.length === SWARM_KEY_BYTES) return key
  throw new InputError(`${path}: holds no key of a swarm any more; delete it, then ${REMEDY}`)
}
