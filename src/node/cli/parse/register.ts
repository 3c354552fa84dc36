/** What the command line is put together of: one file per command, listed in `commands.ts`. */
import type { Command } from 'commander'
import type { Invocation } from '../options.js'

/** Adds a command to the program; its action hands over what was understood, and runs nothing. */
export type Register = (program: Command, set: (invocation: Invocation) => void) => void

/** @param after examples that help shows under the flags */
export function child(parent: Command, name: string, description: string, after: string): Command {
  return parent
    .command(name)
    .description(description)
    .helpOption('--help', 'show help')
    .addHelpText('after', after)
    .allowExcessArguments(false)
}
