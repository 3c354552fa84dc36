/** Flags of every command that runs a peer: `node` and `join`. */
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
import type { PeerOptions } from '../options.js'
import { integer, partition, peerIds, shard } from '../values.js'
import { discoveryOptions } from './discovery.js'

/** Adds them. */
export function peerOptions(command: Command): Command {
  command.addOption(listenOption())
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
    .addOption(
      new Option(
        '--block <PEER-ID...>',
        'have nothing to do with this peer; none: with everybody again (default: what the home remembers)'
      ).argParser(peerIds)
    )
    .addOption(pageOption())
    .addOption(qrOption())
    .addOption(
      new Option('--serve [PORT]', 'serve the page too, over https, and make the invite a link to it')
        .argParser(integer(0, 65_535))
        .preset(8443)
        .conflicts('page')
    )
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
  return reachOptions(command)
    .addOption(new Option('--json', 'print one JSON object per line'))
    .addOption(new Option('--out <DIR>', 'write the manifest, epochs, summary and model into this folder'))
    .addOption(forceOption())
    .addOption(verboseOption())
}

/** Leaves out what the user did not say: a default would not tell it from what the home remembers. */
export function saidOptions<Options extends PeerOptions>(options: Options, command: Command): Options {
  if (options.partition !== undefined && options.shard === undefined)
    command.error('--partition needs --shard I/N, which says which of the shards to take')
  const { mode, introduce, ...said } = options
  const isSaid = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
  return {
    ...said,
    ...(introduce === true && { relay: undefined }),
    ...(isSaid('mode') && mode !== undefined && { mode })
  } as Options
}
