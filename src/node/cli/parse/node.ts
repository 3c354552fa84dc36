/** `starlings node`: flags and their checks. */
import { type Command, Option } from 'commander'
import {
  dataOption,
  forceOption,
  listenOption,
  modeOption,
  pageOption,
  qrOption,
  reachOptions,
  verboseOption
} from '../flags.js'
import * as help from '../help.js'
import type { NodeOptions } from '../options.js'
import { integer, partition, several, shard } from '../values.js'
import { discoveryOptions } from './discovery.js'
import { child, type Register } from './register.js'

export const registerNode: Register = (program, set) => {
  const command = child(program, 'node', 'run one peer of a swarm', help.NODE)
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
    .addOption(listenOption())
  discoveryOptions(command)
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
    .addOption(pageOption())
    .addOption(qrOption())
    .addOption(
      new Option('--linger <SECONDS>', 'go on helping others this long after the end')
        .argParser(integer(0, 86_400))
        .default(60)
    )
    .addOption(
      new Option(
        '--max-cpu <P>',
        'use at most P percent of one core, training and network together; 0: no limit'
      ).argParser(integer(0, 6400))
    )
    .addOption(
      new Option(
        '--max-mb-per-day <M>',
        'off the air for the rest of a day in which M megabytes were sent and received; 0: no limit'
      ).argParser(integer(0, 100_000_000))
    )
  reachOptions(command)
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
      const { mode, upnp: _, ...others } = options
      const rest = command.getOptionValueSource('upnp') === 'cli' ? { ...others, upnp: false } : others
      const said = command.getOptionValueSource('mode') === 'cli' && mode !== undefined
      set({ command: 'node', options: said ? { ...rest, mode } : rest })
    })
}
