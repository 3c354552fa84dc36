/** Which running node a command is for. */
import { existsSync } from 'node:fs'
import { UsageError } from '../cli/errors.js'

/** @throws {UsageError} when none is named and this folder is none */
export function homeOf(home: string | undefined): string {
  if (home !== undefined) return home
  if (existsSync('home.json')) return '.'
  throw new UsageError(
    'which node? Name its home: --home DIR; a node that was started without --home cannot be asked\nSee: starlings node --help'
  )
}
