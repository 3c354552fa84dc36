/** `starlings sim`: flags and their checks. */
import { Option } from 'commander'
import { budgetOptions, forceOption, modeOption, seedOption, trainingOptions, verboseOption } from '../flags.js'
import * as help from '../help.js'
import { type SimOptions, TASKS } from '../options.js'
import { partition } from '../values.js'
import { child, type Register } from './register.js'

export const registerSim: Register = (program, set) => {
  const command = child(program, 'sim', 'run a whole swarm in a simulator, where things go wrong', help.SIM)
    .argument('<topology.json>', 'who dials whom; see starlings topology --help')
    .addOption(new Option('--faults <FILE>', 'what goes wrong, and when; see topology/faults/README.md'))
    .addOption(
      new Option('--trainer <KIND>', 'train the task, or a cheap stand-in that is there to be disturbed')
        .choices(['real', 'synthetic'])
        .default('real')
    )
    .addOption(new Option('--task <TASK>', 'what to learn (default: digits)').choices(TASKS))
  trainingOptions(command)
    .addOption(
      new Option(
        '--partition <SPEC>',
        'how the data is spread: iid, dirichlet:<alpha>, by:<column> (default: dirichlet:0.1)'
      ).argParser(partition)
    )
    .addOption(seedOption().default(1))
    .addOption(modeOption())
  budgetOptions(command, 'the peers of the topology')
    .addOption(new Option('--json', 'print one JSON object per line'))
    .addOption(
      new Option(
        '--out <DIR>',
        'write manifest, epochs, events, summary and plot, and with --trainer real the model, into this folder'
      )
    )
    .addOption(forceOption())
    .addOption(verboseOption())
    .action((topology: string, options: SimOptions) => set({ command: 'sim', topology, options }))
}
