/** The folder of `--out`: made and tried before anything starts, filled at the end. */
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InputError, systemReason } from './cli/errors.js'

/** All that a run may leave there. */
const OWN_FILES = [
  'manifest.json',
  'epochs.jsonl',
  'events.log',
  'summary.json',
  'accuracy.svg',
  'model/model.json',
  'model/weights.bin'
] as const

/** Writes files into one folder; all errors name the file. */
export class OutFolder {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /**
   * Makes the folder, parents included.
   * @param replace takes the files of an earlier run away, and those only, so that none is taken for the new run's
   * @throws {InputError} when it cannot be made, or holds an earlier run that is not to be replaced
   */
  static async open(path: string, { replace = false }: { readonly replace?: boolean } = {}): Promise<OutFolder> {
    try {
      await makeFolder(path)
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      throw new InputError(`--out ${path}: ${systemReason(cause) ?? 'cannot be made'}; choose another folder`, {
        cause
      })
    }
    const out = new OutFolder(path)
    const earlier = await out.#earlier()
    if (earlier.length > 0 && !replace)
      throw new InputError(
        `--out ${path}: holds ${earlier[0]} of an earlier run; take another folder, or replace that run with --force`
      )
    for (const name of earlier) await rm(out.path(name))
    // Only when nothing else is in there.
    if (earlier.some(name => name.startsWith('model/'))) await rmdir(out.path('model')).catch(() => undefined)
    return out
  }

  async #earlier(): Promise<string[]> {
    const there = new Set(await readdir(this.#path))
    const model = there.has('model') ? await readdir(this.path('model')).catch(() => []) : []
    for (const name of model) there.add(`model/${name}`)
    return OWN_FILES.filter(name => there.has(name))
  }

  path(name: string): string {
    return join(this.#path, name)
  }

  /** @param name may lie in a folder inside @throws {InputError} */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    try {
      await makeFolder(dirname(this.path(name)))
      await writeFile(this.path(name), content)
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      throw new InputError(`--out ${this.path(name)}: ${systemReason(cause) ?? 'cannot be written'}`, { cause })
    }
  }
}

/**
 * Level by level, because `mkdir` with `recursive` never comes back where a file system, such as /proc, says that a
 * parent which is there is missing.
 */
async function makeFolder(path: string): Promise<void> {
  const kind = await kindOf(path)
  if (kind === 'folder') return
  if (kind === 'file') throw new InputError(`--out ${path}: is a file; choose another folder`)
  const parent = dirname(path)
  // The working folder itself is gone.
  if (parent === path) throw new InputError(`--out ${path}: is no longer there; choose another folder`)
  await makeFolder(parent)
  try {
    await mkdir(path)
  } catch (cause) {
    // Somebody else made it meanwhile.
    if ((await kindOf(path)) === 'folder') return
    if (codeOf(cause) === 'ENOENT')
      throw new InputError(`--out ${path}: no folder can be made in ${parent}; choose another one`, { cause })
    throw cause
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return 'nothing'
    throw cause
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
