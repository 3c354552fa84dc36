/** Where peers live that were given no folder: under `~/.starlings`, by the first words of their swarm. */
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { shortId } from '../../core/protocol/short-id.js'
import { UsageError } from '../cli/errors.js'

const FOLDER = '.starlings'
/** 33 bits: enough to tell a person's swarms apart, and short enough to type. */
const WORDS = 3

/** @param swarm digest, 32 bytes: known before anybody of the swarm was asked */
export function homeForSwarm(swarm: Uint8Array): string {
  return join(homedir(), FOLDER, shortId(swarm).slice(0, WORDS).join('-'))
}

/**
 * The home that a command is about.
 * @param given by --home @default this folder, if it is one, and else the only one under `~/.starlings`
 * @throws {UsageError} when there is none or more than one
 */
export async function theHome(given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  const [only, ...others] = await homesAtHand()
  if (only !== undefined && others.length === 0) return only
  if (only === undefined)
    throw new UsageError('which node? Name its home with --home DIR, the folder in which it keeps what it is')
  throw new UsageError(`which node? Name its home with --home DIR; there are ${[only, ...others].join(', ')}`)
}

/** As {@link theHome}, for a command that needs none. */
export async function theHomeIfAny(): Promise<string | undefined> {
  const [only, ...others] = await homesAtHand()
  return others.length === 0 ? only : undefined
}

async function homesAtHand(): Promise<readonly string[]> {
  if (await isHome('.')) return ['.']
  const folder = join(homedir(), FOLDER)
  const names = await readdir(folder).catch(() => [])
  const found: string[] = []
  for (const name of names.sort()) if (await isHome(join(folder, name))) found.push(join(folder, name))
  return found
}

function isHome(path: string): Promise<boolean> {
  return stat(join(path, 'home.json')).then(
    found => found.isFile(),
    () => false
  )
}
