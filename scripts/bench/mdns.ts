/** How soon a node finds its first neighbour on a local network with nothing but mDNS. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll, run, startIn } from '../../test/e2e/starlings.js'
import { createNet, netnsUnavailable } from '../../test/support/netns.js'
import type { Benchmark, BenchRow } from './index.js'

const ROUNDS = 5
const isListening = (line: string): boolean => line.startsWith('listening on')
const hasJoined = (line: string): boolean => line.includes(' joined (')

export const mdnsBenchmark: Benchmark = {
  summary: 'first neighbour of a node on a local network, with mDNS only (Linux, root)',
  setting:
    'starlings node on two machines of a local network (namespaces), one of them up already. Seconds from the moment that ' +
    'the newcomer listens to its first neighbour, and from the start of its process',
  async *run({ progress }): AsyncIterable<BenchRow> {
    const reason = netnsUnavailable()
    if (reason !== undefined) return progress(`skipped: ${reason}`)
    const folder = await mkdtemp(join(tmpdir(), 'starlings-mdns-'))
    const net = createNet()
    try {
      const swarm = join(folder, 'swarm.json')
      await run('swarm', 'create', 'digits', '--forever', '--out', swarm)
      const [router, a, b] = ['router', 'a', 'b'].map(label => net.createNetns(label))
      const [gateway] = net.lan([router!, a!, b!], { subnet: '10.1.0.0/24' })
      for (const machine of [a!, b!]) machine.route(gateway!.address)
      const first = startIn(a!, 'node', '--swarm', swarm, '--no-dht')
      await first.line(isListening)
      const listening: number[] = []
      const started: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now()
        const newcomer = startIn(b!, 'node', '--swarm', swarm, '--no-dht')
        await newcomer.line(isListening)
        const up = performance.now()
        await newcomer.line(hasJoined)
        const end = performance.now()
        listening.push((end - up) / 1000)
        started.push((end - start) / 1000)
        progress(`found after ${listening.at(-1)!.toFixed(2)} s`)
        newcomer.process.kill('SIGINT')
        await newcomer.ended
      }
      const median = (list: readonly number[]): number => list.toSorted((x, y) => x - y)[list.length >> 1]!
      yield {
        'median s': median(listening),
        'worst s': Math.max(...listening),
        'from start, median s': median(started),
        'from start, worst s': Math.max(...started)
      }
    } finally {
      killAll()
      net.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}
