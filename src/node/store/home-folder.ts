/** The folder of a home: what lies in it, and which folders can become one. */
import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError, systemReason } from '../cli/errors.js'
import { diskReason, storeError } from './error.js'

/** All that Starlings puts there, damaged databases apart. */
export const FILES = {
  about: 'home.json',
  bytes: 'bytes.json',
  control: 'control.sock',
  manifest: 'manifest.json',
  identity: 'identity.key',
  webrtc: 'webrtc.pem',
  lock: 'lock',
  mark: 'mark',
  peers: 'peers.json',
  start: 'start.bin',
  state: 'state',
  swarmKey: 'swarm.key',
  /** There as long as the peer has never run: then it can have signed nothing, though it has a key. */
  unused: 'unused'
} as const

/** What a folder may hold before it becomes a home. */
const NO_MATTER = new Set<string>([FILES.lock, FILES.manifest, FILES.unused, 'lost+found', '.DS_Store'])

/** A folder with other things in it was hardly meant. */
export function refuseOthers(path: string, names: readonly string[]): void {
  const other = names.find(name => !NO_MATTER.has(name))
  if (other !== undefined)
    throw new InputError(`--home ${path}: is no home of a peer, but holds ${other}; choose a new or an empty folder`)
}

/** Level by level, so that only the home itself is closed to others. */
export async function makeFolder(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(error => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.isDirectory() === false) throw new InputError(`--home ${path}: is a file; choose a folder`)
    if (found !== undefined) return
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path, { mode: 0o700 })
    // Whatever the umask is.
    await chmod(path, 0o700)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    const why = diskReason(cause) ?? systemReason(cause) ?? 'cannot be made'
    throw new InputError(`--home ${path}: ${why}; choose another folder`, { cause })
  }
}

/** What the disk or the store says, for the user. */
export function inWords(path: string, cause: unknown): InputError {
  const error = storeError(path, cause)
  const options = { cause }
  if (error.kind === 'locked')
    return new InputError(
      `--home ${path}: is in use by another starlings process; stop that one first, or take another folder for a second peer`,
      options
    )
  return new InputError(
    `--home ${error.message}; make the folder writable and free some space, then start again`,
    options
  )
}
