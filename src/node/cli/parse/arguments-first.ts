/**
 * Which words of a command line are values of flags, and which are the command's own arguments. The parser lets a flag take
 * whatever follows: `join --relay <invite>` would relay an invite, and `join --bootstrap peers.txt <invite>` dial one.
 */
import type { Command, Option } from 'commander'

/** A link as mail programs leave it, or the text of one alone, or `-` for stdin. */
const INVITE = /^(-$|[>\s"'<(]*(starlings:|https?:\/\/)|[\w-]{60,}$)/i

/**
 * The same words, with the command's arguments before all flags. Where a command has arguments, an optional number
 * (`--relay [MB/S]`) is taken when the next word begins with a digit, or behind a `=`; and a flag of several values gives
 * back what is an argument.
 */
export function argumentsFirst(program: Command, args: readonly string[]): readonly string[] {
  const { command, depth } = commandOf(program, args)
  const own: string[] = []
  const flags: string[] = []
  let taking: Option | undefined
  for (let i = depth; i < args.length; i++) {
    const word = args[i]!
    if (word === '--') {
      flags.push(...args.slice(i))
      break
    }
    if (isFlag(word)) {
      const flag = command.options.find(({ long, short }) => word === long || word === short)
      flags.push(word)
      // A value that is needed is one whatever it looks like.
      if (flag?.required && i + 1 < args.length) flags.push(args[++i]!)
      taking = flag?.variadic || flag?.optional ? flag : undefined
    } else if (taking !== undefined && isValue(command, taking, word)) {
      flags.push(word)
      if (!taking.variadic) taking = undefined
    } else {
      own.push(word)
      taking = undefined
    }
  }
  return [...args.slice(0, depth), ...own, ...flags]
}

/** @returns the innermost command, and how many words name it */
function commandOf(program: Command, args: readonly string[]): { readonly command: Command; readonly depth: number } {
  let command = program
  let depth = 0
  while (command.commands.length > 0 && depth < args.length) {
    const word = args[depth]!
    const inner = command.commands.find(each => each.name() === word)
    if (inner === undefined && !isFlag(word)) break
    command = inner ?? command
    depth++
  }
  return { command, depth }
}

const isFlag = (word: string): boolean => word.length > 1 && word.startsWith('-')

function isValue({ registeredArguments }: Command, flag: Option, word: string): boolean {
  if (flag.optional) return registeredArguments.length === 0 || /^\d/.test(word)
  return !registeredArguments.some(argument =>
    argument.argChoices ? argument.argChoices.includes(word) : argument.name() === 'invite' && INVITE.test(word)
  )
}
