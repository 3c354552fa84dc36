/** Reading data files, with errors that name the file and the remedy. */
import { readFile, stat } from 'node:fs/promises'
import { DataError } from '../../train/error.js'
import type { NamedBytes } from '../../train/mnist.js'

/** Larger files do not fit one buffer, and training on them would not fit this design. */
const MAX_FILE_BYTES = 2 ** 31 - 1

/** @param remedy what to do when it is not there */
export async function readDataFile(path: string, remedy: string): Promise<NamedBytes> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) throw new DataError(path, `has ${size} bytes`, 'the limit is 2 GiB; take a part of it')
    // A buffer of its own: pooled ones cannot be given to another thread.
    return { name: path, bytes: new Uint8Array(await readFile(path)) }
  } catch (cause) {
    if (cause instanceof DataError) throw cause
    throw new DataError(path, reason(cause), remedy, { cause })
  }
}

/** Whether something is there, and of which kind. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return 'nothing'
    throw new DataError(path, reason(cause), undefined, { cause })
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

function reason(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist'
    case 'EACCES':
    case 'EPERM':
      return 'may not be read'
    case 'EISDIR':
      return 'is a folder, not a file'
    default:
      return `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`
  }
}
