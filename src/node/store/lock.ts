/** One process per home. */
import { mkdir, rm, stat } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { StoreError, storeError } from './error.js'

export interface Lock {
  release(): Promise<void>
}

/**
 * Node.js has no file locks, and a file with a process id in it outlives a crash. LevelDB's lock ends with the process, so
 * an empty database of its own serves as one: whoever has it may look into everything else, and repair it.
 * @throws {StoreError} `locked` when another process has it, `disk` when it cannot be made
 */
export async function takeLock(folder: string): Promise<Lock> {
  let database = await open(folder)
  if (database.kind === 'damaged') {
    // There is nothing in it.
    await rm(folder, { recursive: true, force: true })
    database = await open(folder)
  }
  if (!(database instanceof ClassicLevel)) throw database
  return { release: () => database.close() }
}

/** Whether a process has it now. Makes no folder where there is none. */
export async function isTaken(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) return false
  try {
    await (await takeLock(folder)).release()
    return false
  } catch (error) {
    return error instanceof StoreError && error.kind === 'locked'
  }
}

async function open(folder: string): Promise<(ClassicLevel & { readonly kind?: undefined }) | StoreError> {
  const database = new ClassicLevel(folder, { writeBufferSize: 65_536, cacheSize: 0 })
  try {
    await mkdir(folder, { mode: 0o700, recursive: true })
    await database.open()
    return database
  } catch (error) {
    return storeError(folder, error)
  }
}
