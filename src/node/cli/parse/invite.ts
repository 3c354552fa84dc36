/** `starlings invite` and `starlings id`: flags and their checks. */
import { Option } from 'commander'
import { pageOption, qrOption, verboseOption } from '../flags.js'
import * as help from '../help.js'
import type { IdOptions, InviteOptions } from '../options.js'
import { child, type Register } from './register.js'

const homeOption = () =>
  new Option('--home <DIR>', 'folder of the peer (default: this one, or the only one in ~/.starlings)')

export const registerInvite: Register = (program, set) => {
  child(program, 'invite', 'print an invite to the swarm of a peer', help.INVITE)
    .addOption(homeOption())
    .addOption(pageOption())
    .addOption(qrOption())
    .addOption(new Option('--json', 'print it as a JSON object'))
    .addOption(verboseOption())
    .action((options: InviteOptions) => set({ command: 'invite', options }))
}

export const registerId: Register = (program, set) => {
  child(program, 'id', 'print the id of a peer, and make one where there is none', help.ID)
    .addOption(new Option('--home <DIR>', 'folder of the peer').makeOptionMandatory())
    .addOption(verboseOption())
    .action((options: IdOptions) => set({ command: 'id', options }))
}
