/** How soon a peer that knows one Starlings node of another swarm finds its own swarm through the DHT. */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { parsePeerAddress } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import { generateIdentity } from '#src/net/identity.js'
import { dhtDiscovery } from '#src/node/discovery/dht.js'
import { createNodeNetwork, type NodeNetwork } from '#src/node/libp2p/network.js'
import type { Benchmark, BenchRow } from './index.js'

const NODES = 20
const SWARMS = 5
const ROUNDS = 10
const IDLE_MS = 60_000
const PATIENCE_MS = 60_000
/** A process that takes less of a core over a second is done with its nodes' start. */
const QUIET = 0.3

export const dhtBenchmark: Benchmark = {
  summary: 'rendezvous by swarm id in a DHT of 20 nodes of five swarms, and what it costs idle nodes',
  setting:
    `${NODES} nodes of ${SWARMS} swarms in one process, TCP on loopback, each led by one address to a node that is mostly of ` +
    'another swarm. Seconds from the start of a newcomer to its first neighbour of its own swarm, once the nodes have met and one core is ' +
    'no longer busy with all of them; idle figures per node over a minute',
  async *run({ progress }): AsyncIterable<BenchRow> {
    const swarms = Array.from({ length: SWARMS }, () => swarmIdOf(randomBytes(32)))
    const nodes: NodeNetwork[] = []
    try {
      for (let i = 0; i < NODES; i++) nodes.push(await node(swarms[i % SWARMS]!, nodes[i >> 1]?.addresses()[0]))
      progress(`${nodes.length} nodes are up`)
      await until(() => nodes.every(isNeighboured))
      progress('each has a neighbour of its swarm')
      await quiet()
      progress('the core has time again')
      const seconds: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const swarm = swarms[round % SWARMS]!
        // Of another swarm, so that nothing but the DHT can help.
        const through = nodes.find((_, i) => i % SWARMS === (round + 1) % SWARMS)!
        const start = performance.now()
        const newcomer = await node(swarm, through.addresses()[0])
        await until(() => isNeighboured(newcomer))
        seconds.push((performance.now() - start) / 1000)
        progress(`found after ${seconds.at(-1)!.toFixed(2)} s`)
        await newcomer.stop()
      }
      const before = { ...sum(nodes), cpu: process.cpuUsage() }
      progress('idle for a minute')
      await wait(IDLE_MS)
      const { user, system } = process.cpuUsage(before.cpu)
      const perNode = NODES * (IDLE_MS / 60_000)
      yield {
        nodes: NODES,
        'median s': seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!,
        'worst s': Math.max(...seconds),
        'idle bytes sent/min': Math.round((sum(nodes).sent - before.sent) / perNode),
        'idle bytes received/min': Math.round((sum(nodes).received - before.received) / perNode),
        'idle CPU %': (100 * (user + system)) / 1000 / IDLE_MS / NODES,
        'connections of a node': nodes.reduce((count, { libp2p }) => count + libp2p.getPeers().length, 0) / NODES
      }
    } finally {
      await Promise.all(nodes.map(each => each.stop()))
    }
  }
}

async function node(swarmId: string, bootstrap: string | undefined): Promise<NodeNetwork> {
  const { privateKey } = await generateIdentity()
  const made = await createNodeNetwork({
    privateKey,
    swarmId,
    clock: systemClock,
    degrees: { low: 1, target: 2, high: 8 },
    discovery: [dhtDiscovery({ swarmId, local: true })]
  })
  if (bootstrap !== undefined) made.neighbourhood.introduce([parsePeerAddress(bootstrap)])
  return made
}

async function quiet(): Promise<void> {
  for (let share = 1; share > QUIET; ) {
    const before = process.cpuUsage()
    await wait(1000)
    const { user, system } = process.cpuUsage(before)
    share = (user + system) / 1e6
  }
}

const isNeighboured = ({ neighbourhood }: NodeNetwork): boolean => neighbourhood.need !== 'all'

function sum(nodes: readonly NodeNetwork[]): { readonly sent: number; readonly received: number } {
  return nodes.reduce(
    ({ sent, received }, { bytes }) => ({ sent: sent + bytes.sent, received: received + bytes.received }),
    { sent: 0, received: 0 }
  )
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`nothing found within ${PATIENCE_MS / 1000} s`)
    await wait(10)
  }
}
