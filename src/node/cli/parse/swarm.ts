/** `starlings swarm create`: flags and their checks. */
import { Argument, Option } from 'commander'
import { budgetOptions, epochsOption, labelOption, modelOption, seedOption, verboseOption } from '../flags.js'
import * as help from '../help.js'
import { type SwarmCreateOptions, TASKS, type TaskName } from '../options.js'
import { integer, swarmName } from '../values.js'
import { child, type Register } from './register.js'

/** Those with which the tasks' defaults were found; a swarm of fewer loses nothing by it. */
const EXPECTED_PEERS = 16

export const registerSwarm: Register = (program, set) => {
  const swarm = child(program, 'swarm', 'make the manifest of a swarm', help.SWARM)
  const create = child(swarm, 'create', 'write a manifest', help.SWARM_CREATE)
    .addArgument(new Argument('<task>', 'what to learn').choices(TASKS))
    .addOption(new Option('--out <FILE>', 'write it there (default: stdout)'))
    .addOption(new Option('--force', 'replace the file'))
    .addOption(new Option('--data <FILE>', 'table: a CSV file with a header, which gives columns, classes and scaling'))
    .addOption(labelOption())
    .addOption(modelOption())
    .addOption(epochsOption().conflicts('forever'))
    .addOption(new Option('--forever', 'never stop'))
    .addOption(seedOption().default(1))
    .addOption(
      new Option(
        '--expected-peers <N>',
        'peers at the start; the budget is shared by at least as many as are drawn of them'
      )
        .argParser(integer(1, 1_000_000))
        .default(EXPECTED_PEERS)
    )
    .addOption(new Option('--name <NAME>', 'name of the swarm (default: the task)').argParser(swarmName))
  budgetOptions(create, '--expected-peers')
    .addOption(verboseOption())
    .action((task: TaskName, options: SwarmCreateOptions) => set({ command: 'swarm create', task, options: options }))
}
