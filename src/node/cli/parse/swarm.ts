/** `starlings swarm create`: flags and their checks. */
import { Argument, type Command, Option } from 'commander'
import {
  budgetOptions,
  epochsOption,
  labelOption,
  listenOption,
  modelOption,
  pageOption,
  plateauOption,
  qrOption,
  seedOption,
  verboseOption
} from '../flags.js'
import * as help from '../help.js'
import { EXPECTED_PEERS, type SwarmCreateOptions, TASKS, type TaskName } from '../options.js'
import { fraction, integer, several, swarmName } from '../values.js'
import { child, type Register } from './register.js'

export const registerSwarm: Register = (program, set) => {
  const swarm = child(program, 'swarm', 'make a swarm', help.SWARM)
  const create = child(
    swarm,
    'create',
    'write the manifest of a new swarm, and make its first peer ready',
    help.SWARM_CREATE
  )
    .addArgument(new Argument('<task>', 'what to learn').choices(TASKS))
    .addOption(new Option('--out <FILE>', 'write the manifest there (default: stdout, or into the home only)'))
    .addOption(new Option('--force', 'replace the file'))
    .addOption(new Option('--data <FILE>', 'table: a CSV file with a header, which gives columns, classes and scaling'))
    .addOption(labelOption())
    .addOption(modelOption())
    .addOption(epochsOption().conflicts('forever'))
    .addOption(plateauOption())
    .addOption(new Option('--forever', 'never stop'))
    .addOption(
      new Option(
        '--pace <SECONDS>',
        'an epoch takes at least so long: fewer bytes, and more time for whoever is away (default: 1; with --forever 10)'
      ).argParser(fraction(0, 86_400))
    )
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
    .addOption(new Option('--home <DIR>', 'make the first peer ready in this folder, and print an invite to the swarm'))
    .addOption(listenOption())
    .addOption(new Option('--private', 'only those who have an invite, which holds a key, take part; needs --home'))
    .addOption(
      new Option('--allow <IDS>', 'only these peers take part: peer ids with commas between, or a file of them')
        .argParser(several)
        .conflicts('private')
    )
    .addOption(
      new Option('--without <IDS>', 'the peers of --from or --allow but these').argParser(several).conflicts('private')
    )
    .addOption(
      new Option(
        '--from <DIR>',
        'go on from a trained model: the home of a peer, or a folder that --out wrote'
      ).conflicts(['model', 'data', 'label'])
    )
    .addOption(pageOption())
    .addOption(qrOption())
    .addOption(verboseOption())
    .action((task: TaskName, options: SwarmCreateOptions, command: Command) => {
      for (const flag of ['private', 'listen', 'page', 'qr'] as const)
        if (options[flag] !== undefined && options.home === undefined)
          command.error(`--${flag} needs --home DIR, the folder of the first peer`)
      // Defaults would not tell what the user said from what the swarm before had.
      const { seed, expectedPeers, ...rest } = options
      const said = (name: string) => command.getOptionValueSource(name) === 'cli' || options.from === undefined
      set({
        command: 'swarm create',
        task,
        options: {
          ...rest,
          ...(said('seed') && { seed }),
          ...(said('expectedPeers') && { expectedPeers })
        }
      })
    })
}
