/** `starlings join`: flags and their checks. */
import { type Command, Option } from 'commander'
import type { Invite } from '../../../core/wire/invite.js'
import { InviteError, readInvite } from '../../../core/wire/invite-text.js'
import * as help from '../help.js'
import type { JoinOptions } from '../options.js'
import { peerOptions, saidOptions } from './peer-options.js'
import { child, type Register } from './register.js'

function inviteOf(text: string, command: Command): Invite | undefined {
  if (text === '-') return undefined
  try {
    return readInvite(text)
  } catch (error) {
    if (error instanceof InviteError) return command.error(error.message)
    throw error
  }
}

export const registerJoin: Register = (program, set) => {
  const command = child(program, 'join', 'take part in a swarm by an invite', help.JOIN)
    .argument('<invite>', 'the link that you were sent, in quotes; -: ask for it, or read it from a pipe')
    .addOption(new Option('--yes', 'ask nothing: take part with the data of --data, or the committed digits'))
    .addOption(
      new Option(
        '--home <DIR>',
        'keep the peer in this folder (default: one in ~/.starlings, by the words of the swarm)'
      )
    )
    .addOption(
      new Option('--like <DIR>', 'be the same peer as in this home: for a swarm that goes on from another one')
    )
  peerOptions(command).action((text: string, options: JoinOptions, command: Command) =>
    set({ command: 'join', invite: inviteOf(text, command), options: saidOptions(options, command) })
  )
}
