/** The command that repeats a run, to be pasted into a shell. */

/** What a repeated run is better without: its results would replace, or be refused because of, those of the first. */
const DROPPED = new Set(['--json', '--force'])

/**
 * @param args of the command line, without the program
 * @param seed of the run, added when the command line leaves it to the default
 */
export function repeatingCommand(args: readonly string[], seed: number): string {
  const kept: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--out') i++
    else if (!arg.startsWith('--out=') && !DROPPED.has(arg)) kept.push(arg)
  }
  const named = kept.some(arg => arg === '--seed' || arg.startsWith('--seed='))
  return ['starlings', ...kept, ...(named ? [] : ['--seed', String(seed)])].map(quoted).join(' ')
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`
}
