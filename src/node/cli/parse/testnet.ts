/** `starlings testnet`: flags and their checks. */
import { type Command, Option } from 'commander'
import { budgetOptions, forceOption, modeOption, seedOption, trainingOptions, verboseOption } from '../flags.js'
import * as help from '../help.js'
import { TASKS, type TestnetOptions } from '../options.js'
import { integer, partition } from '../values.js'
import { child, type Register } from './register.js'

export const registerTestnet: Register = (program, set) => {
  const command = child(program, 'testnet', 'run a whole swarm on this machine', help.TESTNET)
    .argument('<topology.json>', 'who dials whom; see starlings topology --help')
    .addOption(new Option('--task <TASK>', 'what to learn').choices(TASKS).default('digits'))
  trainingOptions(command)
    .addOption(
      new Option('--partition <SPEC>', 'how the data is spread: iid, dirichlet:<alpha>, by:<column>')
        .argParser(partition)
        .default({ kind: 'dirichlet', alpha: 0.1 }, 'dirichlet:0.1')
    )
    .addOption(seedOption().default(1))
    .addOption(
      new Option('--processes <N>', 'processes that share the peers (default: one per core)').argParser(integer(1, 256))
    )
    .addOption(new Option('--faults <FILE>', 'what goes wrong, and when; see topology/faults/README.md'))
    .addOption(
      new Option(
        '--skip-unsupported',
        'with --faults: leave out what only starlings sim can do, instead of refusing it'
      )
    )
    .addOption(modeOption())
  budgetOptions(command, 'the peers of the topology')
    .addOption(new Option('--json', 'print one JSON object per line'))
    .addOption(new Option('--out <DIR>', 'write manifest, epochs, summary, model and plot into this folder'))
    .addOption(forceOption())
    .addOption(verboseOption())
    .action((topology: string, options: TestnetOptions, command: Command) => {
      if (options.skipUnsupported && options.faults === undefined)
        command.error('--skip-unsupported needs --faults FILE, of which it leaves a part out')
      set({ command: 'testnet', topology, options })
    })
}
