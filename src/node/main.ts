#!/usr/bin/env node
/** The `starlings` command: understands the command line, runs it, and turns errors into words and exit codes. */
import './shim.js'
import { readFileSync } from 'node:fs'
import { describeFailure } from './cli/errors.js'
import type { Invocation } from './cli/options.js'
import { parseCommandLine } from './cli/parse.js'
import { endQuietlyOnBrokenPipe, flushed } from './cli/stdout.js'

async function run(invocation: Invocation): Promise<void> {
  // Each command loads only what it needs: `topology` must not wait for libp2p to load.
  switch (invocation.command) {
    case 'text':
      process.stdout.write(invocation.text)
      return
    case 'topology':
      return (await import('./commands/topology.js')).topology(invocation.kind, invocation.options)
    case 'swarm create':
      return (await import('./commands/swarm-create.js')).swarmCreate(invocation.task, invocation.options)
    case 'testnet':
      return (await import('./commands/testnet.js')).testnet(invocation.topology, invocation.options)
    case 'sim':
      return (await import('./commands/sim.js')).sim(invocation.topology, invocation.options)
    case 'node':
      return (await import('./commands/node.js')).node(invocation.options)
  }
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
