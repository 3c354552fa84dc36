/** Writes a small file so that after a crash it is the old one or the new one, whole. */
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError } from '../cli/errors.js'
import { diskReason } from './error.js'

/** For the owner only. @throws {InputError} that names the file */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const file = await open(`${path}.new`, 'w', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    const why = diskReason(cause) ?? (cause instanceof Error ? cause.message : String(cause))
    throw new InputError(`${path}: cannot be written: ${why}`, { cause })
  }
}

/** A new name outlives a power cut once its folder is on the disk; not every system lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}
