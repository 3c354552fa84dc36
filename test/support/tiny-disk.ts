/** A disk of a few megabytes that can be full and read-only, for programs in a mount namespace of their own. */
import { execFile } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs a command where it may mount; needs root, or the right to be root in a user namespace of its own. */
export const IN_NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount'] as const

/** @returns undefined where {@link IN_NAMESPACE} works, else why it does not */
export async function whyNoNamespace(): Promise<string | undefined> {
  const [command, ...args] = IN_NAMESPACE
  try {
    await execute(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export interface TinyDisk {
  /** Takes the last byte. */
  fill(): Promise<void>
  free(): Promise<void>
  /** Files that are open already stay writable. */
  readOnly(on: boolean): Promise<void>
}

/** Mounts it over a folder, for as long as the calling process lives. */
export async function mountTinyDisk(folder: string, bytes: number): Promise<TinyDisk> {
  const ballast = join(folder, 'ballast')
  await execute('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  return {
    async fill() {
      const file = await open(ballast, 'a')
      // Large pieces first, then what is left of the last page.
      for (const piece of [65_536, 4096, 1]) {
        const bytes = new Uint8Array(piece)
        while (await file.write(bytes).then(({ bytesWritten }) => bytesWritten === piece, isFull));
      }
      await file.close()
    },
    free: () => rm(ballast),
    async readOnly(on) {
      // A disk with files open for writing cannot be turned; one that is laid over it can.
      if (!on) return void (await execute('umount', ['--lazy', folder]))
      await execute('mount', ['--bind', folder, folder])
      await execute('mount', ['-o', 'remount,bind,ro', folder])
    }
  }
}

function isFull(error: NodeJS.ErrnoException): false {
  if (error.code !== 'ENOSPC') throw error
  return false
}
