/** The command line: commands, flags and their checks. Pure; nothing is run or read here. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { MAX_PEERS, TOPOLOGY_KINDS, type TopologyKind } from '../../topology/index.js'
import { UsageError } from './errors.js'
import {
  budgetOptions,
  dataOption,
  epochsOption,
  forceOption,
  labelOption,
  MAX_SEED,
  modelOption,
  modeOption,
  seedOption,
  verboseOption
} from './flags.js'
import * as help from './help.js'
import {
  type Invocation,
  type NodeOptions,
  type SimOptions,
  type SwarmCreateOptions,
  TASKS,
  type TaskName,
  type TestnetOptions,
  type TopologyOptions
} from './options.js'
import { integer, partition, several, shard, swarmName } from './values.js'

/** Those with which the tasks' defaults were found; a swarm of fewer loses nothing by it. */
const EXPECTED_PEERS = 16

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
    program.parse(args, { from: 'user' })
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

  addTestnet(program, set)
  addSim(program, set)
  addNode(program, set)
  addSwarm(program, set)
  addTopology(program, set)
  return program
}

function child(parent: Command, name: string, description: string, after: string): Command {
  return parent
    .command(name)
    .description(description)
    .helpOption('--help', 'show help')
    .addHelpText('after', after)
    .allowExcessArguments(false)
}

function addTestnet(program: Command, set: (invocation: Invocation) => void): void {
  const command = child(program, 'testnet', 'run a whole swarm on this machine', help.TESTNET)
    .argument('<topology.json>', 'who dials whom; see starlings topology --help')
    .addOption(new Option('--task <TASK>', 'what to learn').choices(TASKS).default('digits'))
    .addOption(dataOption())
    .addOption(labelOption())
    .addOption(modelOption())
    .addOption(epochsOption())
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

function addSim(program: Command, set: (invocation: Invocation) => void): void {
  const command = child(program, 'sim', 'run a whole swarm in a simulator, where things go wrong', help.SIM)
    .argument('<topology.json>', 'who dials whom; see starlings topology --help')
    .addOption(new Option('--faults <FILE>', 'what goes wrong, and when; see topology/faults/README.md'))
    .addOption(
      new Option('--trainer <KIND>', 'train the task, or a cheap stand-in that is there to be disturbed')
        .choices(['real', 'synthetic'])
        .default('real')
    )
    .addOption(new Option('--task <TASK>', 'what to learn (default: digits)').choices(TASKS))
    .addOption(dataOption())
    .addOption(labelOption())
    .addOption(modelOption())
    .addOption(epochsOption())
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

function addNode(program: Command, set: (invocation: Invocation) => void): void {
  child(program, 'node', 'run one peer of a swarm', help.NODE)
    .addOption(
      new Option('--swarm <manifest.json>', 'the manifest of the swarm; a --home that was used before has it already')
    )
    .addOption(
      new Option('--home <DIR>', 'keep the peer in this folder, and go on where it stood (default: nothing is kept)')
    )
    .addOption(
      new Option(
        '--peer <multiaddr...>',
        'dial this peer, and again until it answers (default: others dial this one)'
      ).argParser(several)
    )
    .addOption(
      new Option('--listen <multiaddr...>', 'listen there (default: a free port on every interface)').argParser(several)
    )
    .addOption(dataOption())
    .addOption(
      new Option('--shard <I/N>', 'train on the I-th of N shards of the data (default: all of it)').argParser(shard)
    )
    .addOption(
      new Option('--partition <SPEC>', 'with --shard: iid, dirichlet:<alpha>, by:<column> (default: iid)').argParser(
        partition
      )
    )
    .addOption(modeOption())
    .addOption(
      new Option('--linger <SECONDS>', 'go on helping others this long after the end')
        .argParser(integer(0, 86_400))
        .default(60)
    )
    .addOption(new Option('--json', 'print one JSON object per line'))
    .addOption(new Option('--out <DIR>', 'write the manifest, epochs, summary and model into this folder'))
    .addOption(forceOption())
    .addOption(verboseOption())
    .action((options: NodeOptions, command: Command) => {
      if (options.swarm === undefined && options.home === undefined)
        command.error("required option '--swarm <manifest.json>' not specified, nor a '--home <DIR>' that has one")
      if (options.partition !== undefined && options.shard === undefined)
        command.error('--partition needs --shard I/N, which says which of the shards to take')
      // A default would not tell what the user said from what the home remembers.
      const { mode, ...rest } = options
      const said = command.getOptionValueSource('mode') === 'cli' && mode !== undefined
      set({ command: 'node', options: said ? options : rest })
    })
}

function addSwarm(program: Command, set: (invocation: Invocation) => void): void {
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

function addTopology(program: Command, set: (invocation: Invocation) => void): void {
  child(program, 'topology', 'print a topology file', help.TOPOLOGY)
    .addArgument(new Argument('<kind>', 'shape').choices(TOPOLOGY_KINDS))
    .addOption(new Option('--peers <N>', 'number of peers, needed').argParser(integer(1, MAX_PEERS)))
    .addOption(
      new Option('--degree <D>', 'neighbours of each, in regular and small-world (default: 4)').argParser(
        integer(1, MAX_PEERS)
      )
    )
    .addOption(
      new Option('--seed <N>', 'seed, of regular and small-world (default: 1)').argParser(integer(0, MAX_SEED))
    )
    .addOption(verboseOption())
    .action((kind: TopologyKind, options: Partial<TopologyOptions>, command: Command) => {
      // Not mandatory for the parser, which would complain of it before it looks at the kind.
      const { peers } = options
      if (peers === undefined) return command.error("required option '--peers <N>' not specified")
      set({ command: 'topology', kind, options: { ...options, peers } })
    })
}
