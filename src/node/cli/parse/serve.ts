/** `starlings serve`: flags and their checks. */
import { Option } from 'commander'
import { verboseOption } from '../flags.js'
import * as help from '../help.js'
import type { ServeOptions } from '../options.js'
import { integer } from '../values.js'
import { child, type Register } from './register.js'

export const registerServe: Register = (program, set) => {
  child(program, 'serve', 'serve the page with which phones and browsers take part', help.SERVE)
    .addOption(new Option('--port <N>', 'port; 0 takes a free one').argParser(integer(0, 65_535)).default(8080))
    .addOption(new Option('--host <ADDRESS>', 'listen on this address only').default('0.0.0.0', 'every interface'))
    .addOption(new Option('--https', 'with a certificate that is made here and kept; browsers ask about it once'))
    .addOption(new Option('--home <DIR>', "keep the certificate there, and print that node's invite as a link"))
    .addOption(new Option('--invite <INVITE>', 'print this invite as a link to the page').conflicts('home'))
    .addOption(verboseOption())
    .action((options: ServeOptions) => set({ command: 'serve', options }))
}
