/** Runs a testnet and demands something of its summary. Copy it to write an experiment of your own. */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { checkSummary, type Expectations } from './testnet/expect.js'
import { runTestnet, TestnetFailure } from './testnet/run.js'

interface Options extends Expectations {
  readonly topology: string
  readonly epochs?: number
}

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError('It takes a number.')
}

const program = new Command('assert-testnet')
  .description('Runs a testnet and checks its summary: all peers at the end, one model, and what the flags demand.')
  .usage('--topology <FILE> [options] [-- <flags of starlings testnet>]')
  .requiredOption('--topology <FILE>', 'who dials whom')
  .option('--epochs <N>', 'train this many epochs', number)
  .option('--min-accuracy <A>', 'least mean accuracy, 0 to 1', number)
  .option('--min-gain <A>', 'least mean accuracy above that of the same peers alone', number)
  .option('--max-payload <BYTES>', 'most bytes of updates received, mean over the peers', number)
  .option('--max-wire-ratio <R>', 'most bytes at the sockets for each byte of updates', number)
  .argument('[flags...]', 'after --: passed on to starlings testnet')
  .addHelpText(
    'after',
    `
Examples, from the folder of the project after npm run build:
  node dist/checks/scripts/assert-testnet.js --topology topology/ring-8.json --epochs 10 --min-accuracy 0.6
  node dist/checks/scripts/assert-testnet.js --topology topology/regular-16.json --min-gain 0.3 -- --partition iid --seed 7

Exit code: 0 when everything held, 1 when something did not, 2 for wrong flags.`
  )
  .exitOverride()
  .action(async (flags: readonly string[], { topology, epochs, ...expected }: Options) => {
    const length = epochs === undefined ? [] : ['--epochs', String(epochs)]
    const checks = checkSummary(await runTestnet([topology, ...length, ...flags]), expected)
    for (const { held, text } of checks) console.log(`${held ? 'held  ' : 'FAILED'}  ${text}`)
    const failed = checks.filter(({ held }) => !held)
    if (failed.length === 0) return
    console.error(`assert-testnet: ${failed.length} of ${checks.length} did not hold: ${failed[0]?.text}`)
    process.exitCode = 1
  })

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof TestnetFailure) {
    console.error(`assert-testnet: ${error.message}`)
    process.exitCode = error.exitCode
  } else if (error instanceof CommanderError) {
    // Commander has said already what is wrong, or printed the help.
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else throw error
}
