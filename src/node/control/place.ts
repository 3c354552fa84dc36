/** Where a running node can be talked to: a socket in its home, which only its owner may open. */
import { createHash } from 'node:crypto'
import { realpathSync, type Stats } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'

/** Addresses of Unix sockets are at most 108 bytes, on macOS 104, with a zero at the end. */
const MAX_PATH_BYTES = 100

export interface ControlPlace {
  /** What to listen on and to connect to: a socket's path, or the name of a pipe on Windows. */
  readonly path: string
  /** A folder outside the home that only the owner may look into; made when it is missing. */
  readonly folder: string | undefined
}

/**
 * In the home itself, where its path is short enough; else in a folder of the user's own for temporary files, under a name that
 * follows from the home's path. @param home that is there
 */
export function controlPlace(home: string, platform: NodeJS.Platform = process.platform): ControlPlace {
  const real = realpathOf(home)
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 16)
  if (platform === 'win32') return { path: `\\\\.\\pipe\\starlings-${hash}`, folder: undefined }
  const inside = join(real, 'control.sock')
  if (Buffer.byteLength(inside) <= MAX_PATH_BYTES) return { path: inside, folder: undefined }
  const folder = join(tmpdir(), `starlings-${userInfo().uid}`)
  return { path: join(folder, `${hash}.sock`), folder }
}

/** A real folder of this user's, no link to somewhere else. @param found of `lstat` */
export function isOwnFolder(found: Stats): boolean {
  return found.isDirectory() && found.uid === userInfo().uid
}

function realpathOf(home: string): string {
  try {
    return realpathSync(home)
  } catch {
    return resolve(home)
  }
}
