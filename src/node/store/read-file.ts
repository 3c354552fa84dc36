/** Small files that may be there or not. */
import { readFile } from 'node:fs/promises'
import { InputError, systemReason } from '../cli/errors.js'

/** @returns its text, or undefined when there is no such file @throws {InputError} when it cannot be read */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new InputError(`${path}: ${systemReason(cause) ?? 'cannot be read'}`, { cause })
  }
}
