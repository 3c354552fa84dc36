/** Prints measurements: `npm run bench`, `npm run bench -- codec --json`. */
import { Argument, Command, CommanderError } from 'commander'
import { type BenchRow, benchmarks } from './bench/index.js'
import { formatTable } from './bench/table.js'

const names = Object.keys(benchmarks)

const program = new Command('bench')
  .description('Measures Starlings and prints one table per benchmark.')
  .addArgument(new Argument('[benchmark...]', 'which ones; all of them by default').choices(names))
  .option('--json', 'one JSON object per row instead of a table')
  .addHelpText(
    'after',
    `\nBenchmarks:\n${names.map(name => `  ${name.padEnd(8)} ${benchmarks[name]!.summary}`).join('\n')}`
  )
  .exitOverride()
  .action(async (chosen: readonly string[], options: { readonly json?: true }) => {
    for (const name of chosen.length > 0 ? chosen : names) await print(name, options.json === true)
  })

async function print(name: string, json: boolean): Promise<void> {
  const { setting, run } = benchmarks[name]!
  const rows: BenchRow[] = []
  for await (const row of run()) {
    if (json) console.log(JSON.stringify(row))
    rows.push(row)
  }
  if (!json) console.log(`${name}: ${setting}\n\n${formatTable(rows)}\n`)
}

try {
  await program.parseAsync()
} catch (error) {
  // Commander has said already what is wrong, or printed the help.
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
