/** What it costs a peer to look for others while nobody answers. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { netnsUnavailable } from '../../test/support/netns.js'
import type { AloneJob, AloneResult } from '../alone/lines.js'
import type { Benchmark, BenchRow } from './index.js'

const PEER = fileURLToPath(new URL('../alone/peer.js', import.meta.url))
const KINDS: Readonly<Record<AloneJob['kind'], string>> = {
  nothing: 'nobody to look for',
  addresses: '4 dead addresses, mDNS, DHT',
  book: 'these, and 256 dead peers that it met'
}
const MS = 60_000

/** Questions by multicast go nowhere else than into a network of the process's own. */
const IN_A_NETWORK_OF_ITS_OWN = ['-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']

function run(job: AloneJob): AloneResult {
  const [file, ...args] = ['unshare', ...IN_A_NETWORK_OF_ITS_OWN, process.execPath, PEER, JSON.stringify(job)]
  return JSON.parse(execFileSync(file!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
}

export const aloneBenchmark: Benchmark = {
  summary: 'CPU of a peer without data that nobody answers, over a minute',
  setting:
    'one process each, in a network namespace of its own (Linux, root), for a minute, a quarter of a minute after its start (with the full book, after everybody in it was tried once). Without data it trains nothing: what is left is ' +
    'the protocol’s own pace and the looking. Three addresses refuse, one takes calls and is silent',
  *run({ progress }): Iterable<BenchRow> {
    const reason = netnsUnavailable()
    if (reason !== undefined) return progress(`skipped: ${reason}`)
    for (const kind of ['nothing', 'addresses', 'book'] as const) {
      progress(KINDS[kind])
      const job: AloneJob = { kind, ms: MS }
      const { cpuPercent, bytes, toldSeconds } = run(job)
      yield { 'looks for': KINDS[kind], 'CPU %': cpuPercent, 'bytes sent': bytes, 'told after s': toldSeconds ?? '–' }
    }
  }
}
