#!/usr/bin/env node
/** The `starlings` command: understands the command line, runs it, and turns errors into words and exit codes. */
import './shim.js'
import { readFileSync } from 'node:fs'
import { describeFailure } from './cli/errors.js'
import type { Invocation } from './cli/options.js'
import { parseCommandLine } from './cli/parse.js'
import { endQuietlyOnBrokenPipe, flushed } from './cli/stdout.js'

/** Each command loads only what it needs: `topology` must not wait for libp2p to load. */
const COMMANDS: { readonly [Name in Invocation['command']]: (invocation: Named<Name>) => Promise<void> } = {
  text: async ({ text }) => void process.stdout.write(text),
  topology: async ({ kind, options }) => (await import('./commands/topology.js')).topology(kind, options),
  'swarm create': async ({ task, options }) => (await import('./commands/swarm-create.js')).swarmCreate(task, options),
  join: async ({ invite, options }) => (await import('./commands/join.js')).join(invite, options),
  invite: async ({ options }) => (await import('./commands/invite.js')).invite(options),
  id: async ({ options }) => (await import('./commands/id.js')).id(options),
  testnet: async ({ topology, options }) => (await import('./commands/testnet.js')).testnet(topology, options),
  sim: async ({ topology, options }) => (await import('./commands/sim.js')).sim(topology, options),
  node: async ({ options }) => (await import('./commands/node.js')).node(options),
  serve: async ({ options }) => (await import('./commands/serve.js')).serve(options),
  doctor: async ({ invite, options }) => (await import('./commands/doctor.js')).doctor(invite, options),
  status: async ({ options }) => (await import('./commands/status.js')).status(options),
  pause: async ({ options }) => (await import('./commands/order.js')).order('pause', options),
  resume: async ({ options }) => (await import('./commands/order.js')).order('resume', options),
  leave: async ({ options }) => (await import('./commands/order.js')).order('leave', options)
}

type Named<Name extends Invocation['command']> = Extract<Invocation, { readonly command: Name }>

async function run<Name extends Invocation['command']>(
  invocation: Named<Name> & { readonly command: Name }
): Promise<void> {
  await COMMANDS[invocation.command](invocation)
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string }
  return version
}

async function main(args: readonly string[]): Promise<number> {
  const verbose = args.includes('--verbose')
  let command: string | undefined
  try {
    const invocation = parseCommandLine(args, packageVersion())
    command = invocation.command
    // An invite may hold a key, and the arguments of a process are everybody's on its machine to read.
    if (command === 'join' || command === 'doctor') process.title = `starlings ${command}`
    await run(invocation)
    return 0
  } catch (error) {
    const failure = describeFailure(error, verbose, command)
    if (failure.text !== '') process.stderr.write(`${failure.text}\n`)
    return failure.exitCode
  }
}

endQuietlyOnBrokenPipe()
const exitCode = await main(process.argv.slice(2))
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
// A library that left a timer or a socket behind must not keep the terminal waiting.
process.exit(exitCode)
