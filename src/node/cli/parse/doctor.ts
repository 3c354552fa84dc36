/** `starlings doctor`: flags and their checks. */
import { Argument, Option } from 'commander'
import { listenOption, verboseOption } from '../flags.js'
import * as help from '../help.js'
import type { DoctorOptions } from '../options.js'
import { several } from '../values.js'
import { child, type Register } from './register.js'

export const registerDoctor: Register = (program, set) => {
  child(program, 'doctor', 'tell whether others can reach a node here, how, and what to do if not', help.DOCTOR)
    .addArgument(new Argument('[invite]', 'asks those whom this invite names; -: one that is pasted or piped'))
    .addOption(
      new Option(
        '--home <DIR>',
        'a node that runs, or ran, with this home, and whom it knows (default, where nobody else is named: this folder, if it is one, or the only one in ~/.starlings)'
      )
    )
    .addOption(new Option('--peer <multiaddr...>', 'ask this peer, too').argParser(several))
    .addOption(listenOption())
    .addOption(new Option('--no-upnp', 'do not ask the router to open ports'))
    .addOption(new Option('--json', 'print the verdict and what was found as one JSON object'))
    .addOption(verboseOption())
    .action((invite: string | undefined, options: DoctorOptions) => set({ command: 'doctor', invite, options }))
}
