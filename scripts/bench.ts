/** Prints measurements: `npm run bench`, `npm run bench -- codec --json`, `npm run bench -- swarm --task digits`. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { integer } from '#src/node/cli/values.js'
import { type BenchOptions, type BenchRow, benchmarks } from './bench/index.js'
import { SWARM_TASKS } from './bench/swarm.js'
import { formatTable } from './bench/table.js'
import { TestnetFailure } from './testnet/run.js'

const names = Object.keys(benchmarks)

interface Options extends Omit<BenchOptions, 'tasks' | 'progress'> {
  readonly json?: true
  readonly task?: readonly string[]
}

/** Whole numbers with commas between them. */
function integers(min: number, max: number): (text: string) => number[] {
  return text => text.split(',').map(integer(min, max))
}

const program = new Command('bench')
  .description('Measures Starlings and prints one table per benchmark.')
  .addArgument(new Argument('[benchmark...]', 'which ones; all of them by default').choices(names))
  .option('--json', 'one JSON object per row instead of a table')
  .addOption(new Option('--task <TASK...>', 'swarm: only these tasks').choices(SWARM_TASKS))
  .addOption(
    new Option('--epochs <N,N...>', 'swarm: a line for each (default: digits 70; mnist 60,150)').argParser(
      integers(1, 1_000_000)
    )
  )
  .addOption(
    new Option('--seeds <N,N...>', 'swarm: runs behind each line (default: 1,2,3)').argParser(
      integers(0, Number.MAX_SAFE_INTEGER)
    )
  )
  .addOption(new Option('--minutes <N>', 'page: how long memory is watched (default: 2)').argParser(integer(1, 10_000)))
  .option('--data <DIR>', "swarm: MNIST's IDX files (default: STARLINGS_MNIST, else ../shared/data/mnist)")
  .addHelpText(
    'after',
    `\nBenchmarks:\n${names.map(name => `  ${name.padEnd(8)} ${benchmarks[name]!.summary}`).join('\n')}`
  )
  .exitOverride()
  .action(async (chosen: readonly string[], { json, task, ...options }: Options) => {
    for (const name of chosen.length > 0 ? chosen : names) {
      const progress = (line: string): void => console.error(`${name}: ${line}`)
      await print(name, json === true, { ...options, ...(task && { tasks: task }), progress })
    }
  })

async function print(name: string, json: boolean, options: BenchOptions): Promise<void> {
  const { setting, run, show = (row: BenchRow) => row } = benchmarks[name]!
  const rows: BenchRow[] = []
  for await (const row of run(options)) {
    if (json) console.log(JSON.stringify(row))
    rows.push(row)
  }
  if (!json && rows.length > 0) console.log(`${name}: ${setting}\n\n${formatTable(rows.map(show))}\n`)
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof TestnetFailure) {
    console.error(`bench: ${error.message}`)
    process.exitCode = error.exitCode
  } else if (error instanceof CommanderError) {
    // Commander has said already what is wrong, or printed the help.
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else throw error
}
