/** `--bootstrap`: addresses to get in by, as flags or lines of a file. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parsePeerAddress } from '../../net/address.js'
import { InputError, systemReason, UsageError } from '../cli/errors.js'

/** Of all files together; a swarm needs a few. */
const MAX_ADDRESSES = 256
const MAX_FILE_BYTES = 2 ** 18

/** Paths made absolute, for a home that is used from elsewhere. */
export function absoluteBootstrap(entries: readonly string[]): string[] {
  return entries.map(entry => (isAddress(entry) ? entry : resolve(entry)))
}

/**
 * @param entries each a multiaddr, or a file of one per line, where empty lines and those after `#` do not count
 * @throws {UsageError} for one that is neither @throws {InputError} that names file and line
 */
export async function readBootstrap(entries: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(entries.map(entry => (isAddress(entry) ? [entry] : readList(entry))))
  return [...new Set(lists.flat())].slice(0, MAX_ADDRESSES)
}

async function readList(path: string): Promise<readonly string[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const reason = systemReason(cause) ?? 'cannot be read'
    throw new UsageError(`--bootstrap: ${path} is no multiaddr of a peer, and as a file ${reason}`, { cause })
  }
  if (text.length > MAX_FILE_BYTES) throw new InputError(`${path}: more than ${MAX_FILE_BYTES} characters`)
  const addresses: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const address = line.replace(/#.*/, '').trim()
    if (address === '') continue
    try {
      parsePeerAddress(address)
    } catch (cause) {
      throw new InputError(`${path}:${index + 1}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
    addresses.push(address)
  }
  if (addresses.length === 0) throw new InputError(`${path}: no address in it`)
  return addresses
}

function isAddress(entry: string): boolean {
  try {
    parsePeerAddress(entry)
    return true
  } catch {
    return false
  }
}
