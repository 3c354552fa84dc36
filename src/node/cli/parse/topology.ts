/** `starlings topology`: flags and their checks. */
import { Argument, type Command, Option } from 'commander'
import { MAX_PEERS, TOPOLOGY_KINDS, type TopologyKind } from '../../../topology/index.js'
import { MAX_SEED, verboseOption } from '../flags.js'
import * as help from '../help.js'
import type { TopologyOptions } from '../options.js'
import { integer } from '../values.js'
import { child, type Register } from './register.js'

export const registerTopology: Register = (program, set) => {
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
