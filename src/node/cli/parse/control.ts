/** `starlings status`, `pause`, `resume` and `leave`: asking a node that runs. */
import { Option } from 'commander'
import { verboseOption } from '../flags.js'
import * as help from '../help.js'
import type { ControlOptions, StatusOptions } from '../options.js'
import { child, type Register } from './register.js'

const homeOption = () =>
  new Option(
    '--home <DIR>',
    'the home of the running node (default: this folder, if it is one, or the only one in ~/.starlings)'
  )
const jsonOption = () => new Option('--json', 'print the answer as one JSON object')

export const registerStatus: Register = (program, set) => {
  child(program, 'status', 'what a running node does, with whom, and what is wrong', help.STATUS)
    .addOption(homeOption())
    .addOption(new Option('--watch', 'print it anew every two seconds, until Ctrl-C'))
    .addOption(jsonOption())
    .addOption(verboseOption())
    .action((options: StatusOptions) => set({ command: 'status', options }))
}

const ORDERS = {
  pause: 'have a running node rest: it follows and helps others, and trains nothing',
  resume: 'have a paused node go on',
  leave: 'have a running node leave the swarm politely and end'
} as const

export const registerOrders: Register = (program, set) => {
  for (const order of ['pause', 'resume', 'leave'] as const)
    child(program, order, ORDERS[order], help.ORDERS)
      .addOption(homeOption())
      .addOption(jsonOption())
      .addOption(verboseOption())
      .action((options: ControlOptions) => set({ command: order, options }))
}
