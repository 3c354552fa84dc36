/** The folder of `--out`: made and tried before anything starts, filled at the end. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError, systemReason } from './cli/errors.js'

/** Writes files into one folder; all errors name the file. */
export class OutFolder {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Makes the folder, parents included. @throws {InputError} */
  static async open(path: string): Promise<OutFolder> {
    try {
      await mkdir(path, { recursive: true })
    } catch (cause) {
      throw new InputError(`--out ${path}: ${systemReason(cause) ?? 'cannot be made'}; choose another folder`, {
        cause
      })
    }
    return new OutFolder(path)
  }

  path(name: string): string {
    return join(this.#path, name)
  }

  /** Replaces a file of an earlier run. @param name may lie in a folder inside @throws {InputError} */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    try {
      await mkdir(join(this.path(name), '..'), { recursive: true })
      await writeFile(this.path(name), content)
    } catch (cause) {
      throw new InputError(`--out ${this.path(name)}: ${systemReason(cause) ?? 'cannot be written'}`, { cause })
    }
  }
}
