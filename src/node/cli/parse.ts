/**
 * The command line: commands, flags and their checks. Pure; nothing is run or read here. A new command is a file in
 * `parse/`, a line in `parse/commands.ts`, one in `Invocation` and one in `main.ts`.
 */
import { Command, CommanderError } from 'commander'
import { UsageError } from './errors.js'
import { verboseOption } from './flags.js'
import * as help from './help.js'
import type { Invocation } from './options.js'
import { argumentsFirst } from './parse/arguments-first.js'
import { COMMANDS } from './parse/commands.js'

/**
 * @param args without the program's name
 * @throws {UsageError} in one or two lines
 */
export function parseCommandLine(args: readonly string[], version: string): Invocation {
  let invocation: Invocation | undefined
  let printed = ''
  let complaint = ''
  const set = (value: Invocation): void => {
    invocation = value
  }
  const program = buildProgram(version, set)
  forEachCommand(program, command => {
    command.exitOverride().configureOutput({
      writeOut: text => {
        printed += text
      },
      writeErr: text => {
        complaint += text
      }
    })
  })
  try {
    if (args.length === 0) return { command: 'text', text: `${program.helpInformation()}${help.OVERVIEW}\n` }
    program.parse(argumentsFirst(program, args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { command: 'text', text: printed }
    if (error.code === 'commander.help') complaint = 'a command is missing'
    throw new UsageError(tidy(complaint, args, program), { cause: error })
  }
  if (!invocation) throw new UsageError('no command; see: starlings --help')
  return invocation
}

/** One line that says what is wrong and one that says where to read on. */
function tidy(complaint: string, args: readonly string[], program: Command): string {
  const message = complaint
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(
      /^command-argument value '(.*)' is invalid for argument '(\w+)'\. Allowed choices are /s,
      "unknown $2 '$1'; take one of "
    )
  const known = program.commands.find(command => command.name() === args[0])
  const path = known ? `${known.name()}${args[1] === 'create' ? ' create' : ''} ` : ''
  return `${message}\nSee: starlings ${path}--help`
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command)
  for (const inner of command.commands) forEachCommand(inner, visit)
}

function buildProgram(version: string, set: (invocation: Invocation) => void): Command {
  const program = new Command('starlings')
    .description('Leaderless machine learning: peers train one model on data that never leaves them.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    .addOption(verboseOption())
    .addHelpText('after', help.OVERVIEW)

  for (const register of COMMANDS) register(program, set)
  return program
}
