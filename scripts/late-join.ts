/** How long a peer that comes late takes to have the model of those that train, over loopback. */
import '#src/node/shim.js'
import { fork } from 'node:child_process'
import { Command, InvalidArgumentError } from 'commander'
import { toHex } from '#src/core/bytes.js'
import { GRID } from '#src/core/grid.js'
import { initialParams, paramsDigest } from '#src/core/protocol/init.js'
import { parseManifest } from '#src/core/protocol/manifest.js'
import type { SwarmState } from '#src/core/protocol/state.js'
import { createLocalPeer } from '#src/node/local-peer.js'
import type { FromPeer, ToPeer } from './late-join/lines.js'

const whole = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It takes a whole number of at least 1.')
}
const { params, peers } = new Command('npm run late-join --')
  .description('Joins a swarm that has folded its first epochs, and measures how long that takes.')
  .option('--params <N>', 'parameters of the model', whole, 5_000_000)
  .option('--peers <N>', 'peers that train', whole, 4)
  .parse()
  .opts<{ params: number; peers: number }>()

const tensors = [{ name: 'w', shape: [params], initLimit: GRID / 4 }]
/** Retention as short as the rules allow, so that a base comes soon. */
const manifest = parseManifest({
  protocol: 1,
  name: 'late join',
  seed: 1,
  task: { kind: 'digits' },
  model: { kind: 'mlp', inputs: 64, hidden: [], classes: 10 },
  params: { tensors, start: 'drawn', digest: toHex(paramsDigest(initialParams(tensors, 1))) },
  training: { localSteps: 1, batchSize: 32, optimizer: { kind: 'momentum', learningRate: 0.05, momentum: 0.9 } },
  gossip: { budgetBytes: peers * 16_384, valueBits: 4, expectedPeers: peers },
  aggregation: { rule: 'mean', minAuthors: 8, liveWindow: 4, weighting: 'samples' },
  admission: { rule: 'open' },
  lots: { drawn: 16, minBits: 0, maxBits: 0 },
  clock: {
    liars: 1,
    quorumPercent: 67,
    // Synthetic local steps block a peer's thread, which those of a worker would not.
    minEpochMs: 3000,
    maxEpochMs: 20_000,
    minDeadlineMs: 2000,
    graceMs: 200,
    aloneGraceMs: 5000,
    stalenessBound: 4
  },
  limits: {
    maxUpdateBytes: 1_000_000,
    maxWeight: 4096,
    maxValueBits: 29,
    maxNorm: 1000,
    maxAuthors: 4096,
    retentionEpochs: 8,
    retentionBytes: 64_000_000
  },
  stop: { epochs: null, plateau: null }
})

type Standing = FromPeer & { readonly type: 'standing' }

const addresses: string[] = []
const standings: (Standing | undefined)[] = Array(peers).fill(undefined)
let onLine = () => {}
const swarm = Array.from({ length: peers }, (_, peer) => {
  const child = fork(new URL('./late-join/peer.js', import.meta.url), [JSON.stringify({ manifest, peer })])
  child.on('message', (line: FromPeer) => {
    if (line.type === 'listening') addresses.push(...line.addresses)
    else standings[peer] = line
    onLine()
  })
  child.on('exit', code => {
    if (code !== 0) process.exit(1)
  })
  return child
})
const tell = (line: ToPeer) => {
  for (const child of swarm) child.send(line)
}

/** Looks at every line from the swarm. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>(resolve => (onLine = resolve))
}

await until(() => addresses.length === peers)
tell({ type: 'dial', addresses })
console.log(`${peers} peers train ${params.toLocaleString('en')} parameters until all have folded their first epochs`)
await until(() => standings.every(standing => (standing?.snapshots.length ?? 0) > 0))

let state: SwarmState | undefined
const joiner = await createLocalPeer({
  manifest,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  watch: {
    began: begun => {
      state = begun
    },
    stepped: () => onLine()
  }
})
joiner.peer.on('warning', ({ message }) => console.error(message))
await joiner.peer.start()
tell({ type: 'watch' })
const begun = performance.now()
const before = process.cpuUsage()
joiner.dial(addresses)
await until(() => (state?.snapshots.length ?? 0) > 0)
const took = performance.now() - begun
const { user, system } = process.cpuUsage(before)
const { epoch, hash } = state!.snapshots[0]!
const snapshot = `${epoch} ${toHex(hash)}`
const same = standings.filter(standing => standing?.snapshots.includes(snapshot)).length
await until(() => standings.every(standing => standing!.blockedMs > 0))
const blocked = Math.max(...standings.map(standing => standing!.blockedMs))
const size = (state!.snapshots[0]!.bytes.length / 2 ** 20).toFixed(1)
console.log(`snapshot of epoch ${epoch}: ${size} MiB, equal to that of ${same} peers`)
console.log(
  `from the first dial to equal digests there: ${Math.round(took)} ms, of which this peer computed ${Math.round((user + system) / 1000)} ms`
)
console.log(`longest that a peer's thread was blocked meanwhile, its local steps included: ${Math.round(blocked)} ms`)
await joiner.stop()
for (const child of swarm) child.disconnect()
