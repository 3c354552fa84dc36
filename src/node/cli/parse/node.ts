/** `starlings node`: flags and their checks. */
import { type Command, Option } from 'commander'
import * as help from '../help.js'
import type { NodeOptions } from '../options.js'
import { several } from '../values.js'
import { peerOptions, saidOptions } from './peer-options.js'
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
  peerOptions(command).action((options: NodeOptions, command: Command) => {
    if (options.swarm === undefined && options.home === undefined)
      command.error("required option '--swarm <manifest.json>' not specified, nor a '--home <DIR>' that has one")
    set({ command: 'node', options: saidOptions(options, command) })
  })
}
