/** Opens a database whatever became of its files: as it is, cut back, repaired, or anew beside the broken one. */
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Store } from '../../interface.js'
import { StoreError, storeError } from './error.js'
import { createLevelStore, openLevelStore } from './level-store.js'
import { checkLog } from './leveldb-log.js'
import type { MarkFile } from './mark.js'

export interface Rescued {
  readonly store: Store
  /**
   * `new`: nothing was there. `sound`: as it was left. `cut`: its end was damaged and left out. `repaired`: nothing is missing.
   * `lost`: it could not be read, and begins anew.
   */
  readonly how: 'new' | 'sound' | 'cut' | 'repaired' | 'lost'
  /** Where the damaged files are kept. */
  readonly aside?: string
}

/**
 * Whoever calls it holds the lock of the home.
 * @param folder of the database; damaged files are kept beside it
 * @throws {StoreError} `disk` when the disk is full, read-only or fails
 */
export async function openOrRescue(folder: string, mark: MarkFile): Promise<Rescued> {
  const files = await filesIn(folder)
  if (!files.some(isOfUse)) {
    // A first start that was killed leaves the beginnings of a database, without which there is no error.
    return { store: await createAnew(folder, mark), how: 'new' }
  }
  const aside = new Aside(folder)
  try {
    const cut = await guarded(folder, () => cutLogs(folder, files, aside))
    const store = await openLevelStore(folder, mark)
    return cut ? { store, how: 'cut', aside: aside.path } : { store, how: 'sound' }
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  return repair(folder, mark, aside)
}

async function repair(folder: string, mark: MarkFile, aside: Aside): Promise<Rescued> {
  await guarded(folder, () => aside.keepAll())
  try {
    await ClassicLevel.repair(folder)
    // Where it puts what it cannot use; all of it is aside already.
    await rm(join(folder, 'lost'), { recursive: true, force: true })
    return { store: await openLevelStore(folder, mark), how: 'repaired', aside: aside.path }
  } catch (cause) {
    const error = storeError(folder, cause)
    if (!isDamage(error)) throw error
  }
  return { store: await createAnew(folder, mark), how: 'lost', aside: aside.path }
}

async function createAnew(folder: string, mark: MarkFile): Promise<Store> {
  await guarded(folder, async () => {
    await rm(folder, { recursive: true, force: true })
    // LevelDB would let everybody read it.
    await mkdir(folder, { mode: 0o700 })
  })
  return createLevelStore(folder, mark)
}

/** Tables and logs that are not empty hold entries; all else only names them. */
function isOfUse(file: File): boolean {
  return /\.(ldb|sst)$/.test(file.name) || (/\.log$/.test(file.name) && file.bytes > 0)
}

interface File {
  readonly name: string
  readonly bytes: number
}

async function filesIn(folder: string): Promise<readonly File[]> {
  return guarded(folder, async () => {
    const names = await readdir(folder).catch(error => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return Promise.all(names.map(async name => ({ name, bytes: (await stat(join(folder, name))).size })))
  })
}

/** @returns whether anything was cut off; what is cut, and the logs after it, are kept aside before */
async function cutLogs(folder: string, files: readonly File[], aside: Aside): Promise<boolean> {
  const logs = files
    .map(({ name }) => name)
    .filter(name => /^\d+\.log$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  for (const [index, name] of logs.entries()) {
    const bytes = await readFile(join(folder, name))
    const { sound, damaged } = checkLog(bytes)
    if (!damaged) continue
    await aside.keepAll()
    // Last first: cut half-way by a crash, the state is still one that was.
    for (const later of logs.slice(index + 1).reverse()) await rm(join(folder, later))
    const shorter = join(folder, `${name}.cut`)
    await writeFile(shorter, bytes.subarray(0, sound), { flush: true })
    await rename(shorter, join(folder, name))
    return true
  }
  return false
}

/** The folder that damaged files are kept in. */
class Aside {
  readonly #folder: string
  readonly path: string
  #kept = false

  constructor(folder: string) {
    this.#folder = folder
    this.path = `${folder}-damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  }

  /** Files as they are now; links where the file system has them, since nothing here changes a file in place. */
  async keepAll(): Promise<void> {
    if (this.#kept) return
    await mkdir(this.path, { mode: 0o700 })
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'LOCK') continue
      const [from, to] = [join(this.#folder, entry.name), join(this.path, entry.name)]
      await link(from, to).catch(() => copyFile(from, to))
    }
    this.#kept = true
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof StoreError && error.kind === 'damaged'
}

async function guarded<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(place, error)
  }
}
