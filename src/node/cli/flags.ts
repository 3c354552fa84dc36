/** Flags that several commands take. */
import { type Command, Option } from 'commander'
import { DEFAULT_DRAWN, type TaskDefaults, taskDefaults } from '../../train/defaults.js'
import { TASKS, type TaskName } from './options.js'
import { drawn, fraction, integer, oneOf, pageUrl, plateau, several, stunUrls } from './values.js'

export const MAX_SEED = Number.MAX_SAFE_INTEGER
const MAX_EPOCHS = 1_000_000

export const seedOption = () =>
  new Option('--seed <N>', 'seed of the shards and of the first parameters').argParser(integer(0, MAX_SEED))
export const dataOption = () =>
  new Option(
    '--data <PATH>',
    'mnist: folder of IDX files, gzipped or not; table: a CSV file with a header; digits: a CSV file without one, ' +
      '64 pixels from 0 to 16 and the digit in each line (default: the committed digits)'
  )
export const labelOption = () => new Option('--label <COLUMN>', 'table: the column to predict')
export const modelOption = () =>
  new Option('--model <NAME>', 'the model; cnn is for images (default: mlp)').choices(['mlp', 'cnn'])
export const epochsOption = () =>
  new Option('--epochs <N>', `train this many epochs (default: ${byTask(task => task.epochs)})`).argParser(
    integer(1, MAX_EPOCHS)
  )
export const plateauOption = () =>
  new Option(
    '--plateau <N[:GAIN]>',
    'a peer rests when its accuracy has not grown by GAIN (default: 0.005) in N epochs (default: never)'
  ).argParser(plateau)
/** On what a whole swarm of one machine trains, and until when. */
export function trainingOptions(command: Command): Command {
  return [dataOption, labelOption, modelOption, epochsOption, plateauOption].reduce(
    (all, option) => all.addOption(option()),
    command
  )
}
export const forceOption = () => new Option('--force', 'replace what an earlier run left in the folder of --out')
export const modeOption = () =>
  new Option('--mode <MODE>', 'wait for each epoch to close, or train on meanwhile')
    .choices(['sync', 'async'])
    .default('sync')
export const listenOption = () =>
  new Option(
    '--listen <multiaddr...>',
    'listen there (default: free ports on every interface, for TCP, WebSockets and WebRTC)'
  ).argParser(several)
/** How a peer is reached, and helps others to be. Flags that are not told of take back what a home remembers. */
export function reachOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--relay [MB/S]',
        'carry everything between peers that cannot reach each other, up to so many megabytes a second (default: 2)'
      ).argParser(integer(1, 10_000))
    )
    .addOption(new Option('--no-relay', 'do not even introduce peers to each other (default: introduce them)'))
    .addOption(new Option('--introduce').conflicts('relay').hideHelp())
    .addOption(new Option('--upnp').hideHelp())
    .addOption(new Option('--no-upnp', 'do not ask the router to open ports'))
    .addOption(
      new Option(
        '--announce <multiaddr...>',
        'tell others to dial this address, which a router or proxy leads here'
      ).argParser(several)
    )
    .addOption(
      new Option(
        '--stun <URL...>',
        'servers that tell WebRTC where it is seen, like stun:example.org:3478 (default: none)'
      ).argParser(stunUrls)
    )
}
export const pageOption = () =>
  new Option(
    '--page <URL>',
    'make the invite a link to this page of Starlings (default: a link for the command line)'
  ).argParser(pageUrl)
export const qrOption = () =>
  new Option('--qr', 'show the invite as a QR code, too (default: on a terminal that has room for it)')
export const verboseOption = () => new Option('--verbose', 'say more on stderr, with stack traces')

/** A default that the task decides, such as `60; mnist 150`: the one of most tasks, then the others. */
function byTask(pick: (defaults: TaskDefaults) => number): string {
  const of = (task: TaskName): number =>
    pick(taskDefaults(task === 'table' ? { kind: task, label: '', classes: [], columns: [] } : { kind: task }))
  const usual = of('digits')
  const others = TASKS.filter(task => of(task) !== usual).map(task => `; ${task} ${of(task)}`)
  return `${usual}${others.join('')}`
}

/** @param peers by whom the default density is multiplied, in words */
export function budgetOptions(command: Command, peers: string): Command {
  return command
    .addOption(
      new Option(
        '--budget <BYTES>',
        `bytes of updates per epoch for the whole swarm (default: what --density takes, times ${peers}, or those drawn of them)`
      )
        .argParser(integer(256, 2 ** 40))
        .conflicts('density')
    )
    .addOption(
      new Option(
        '--density <D>',
        `part of the parameters that a peer sends per epoch, 0 to 1 (default: ${byTask(task => task.density)})`
      ).argParser(fraction(0, 1))
    )
    .addOption(
      new Option(
        '--value-bits <B>',
        `bits of a value on the wire: 1, 2, 4 or 8 (default: ${byTask(task => task.valueBits)})`
      ).argParser(oneOf([1, 2, 4, 8]))
    )
    .addOption(
      new Option(
        '--drawn <N>',
        `peers that train and send per epoch, or all; of many more, about so many are drawn (default: ${DEFAULT_DRAWN})`
      ).argParser(drawn)
    )
}
