/** Why the disk did not take or give something, in words. */

/** Named after what failed; `message` begins with the file or folder. */
export class StoreError extends Error {
  override readonly name = 'StoreError'

  constructor(
    /** `damaged`: what is there cannot be trusted. `locked`: another process has it. `disk`: it may work later. */
    readonly kind: 'disk' | 'damaged' | 'locked',
    message: string,
    options?: ErrorOptions
  ) {
    super(message, options)
  }
}

/** LevelDB tells the system's own sentence only. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|no space left/i, 'no space left on the disk'],
  [/EDQUOT|quota exceeded/i, 'the disk quota is used up'],
  [/EROFS|read-only file system/i, 'the file system is read-only'],
  [/EACCES|EPERM|permission denied|not permitted/i, 'permission denied'],
  [/EMFILE|ENFILE|too many open files/i, 'too many open files; raise the limit with ulimit -n'],
  [/EIO\b|input\/output error/i, 'the disk failed to read or write']
]

/** Words for an error of the file system or of LevelDB; undefined when it is another one. */
export function diskReason(error: unknown): string | undefined {
  const text = chain(error)
    .map(({ message, code }) => `${code} ${message}`)
    .join('; ')
  return REASONS.find(([pattern]) => pattern.test(text))?.[1]
}

/** @param place file or folder */
export function storeError(place: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const links = chain(error)
  const options = { cause: error }
  if (links.some(({ code }) => code === 'LEVEL_LOCKED'))
    return new StoreError('locked', `${place}: is used by another process`, options)
  const reason = diskReason(error)
  if (reason !== undefined) return new StoreError('disk', `${place}: ${reason}`, options)
  const last = links.at(-1)?.message ?? String(error)
  // LevelDB has many names for a file that is missing, too short or changed.
  const damaged = links.some(({ message }) => /^(IO error|Corruption|NotFound|Invalid argument)\b/.test(message))
  return new StoreError(damaged ? 'damaged' : 'disk', `${place}: ${last}`, options)
}

function chain(error: unknown): readonly { readonly message: string; readonly code: string }[] {
  const links: { message: string; code: string }[] = []
  for (let link = error; link instanceof Error && links.length < 8; link = link.cause)
    links.push({ message: link.message, code: 'code' in link ? String(link.code) : '' })
  return links
}
