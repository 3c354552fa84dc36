/** A new manifest as a file. */
import { stat, writeFile } from 'node:fs/promises'
import { InputError, systemReason } from '../cli/errors.js'

/** @throws {InputError} when the file is there and must not be replaced: another manifest is another swarm */
export async function writeNew(path: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: replace ? 'w' : 'wx' })
  } catch (cause) {
    throw new InputError(`--out ${path}: ${await refusal(path, cause)}`, { cause })
  }
}

/** A folder that is there is told as an existing file by the system, and --force would not help. */
async function refusal(path: string, cause: unknown): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return 'is a folder; name a file in it'
  const reason = systemReason(cause) ?? 'cannot be written'
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EEXIST') return `${reason}; take another name, or replace it with --force`
  if (code === 'ENOENT') return 'there is no such folder; make it first'
  return `${reason}; take another place`
}
