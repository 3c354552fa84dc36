/** What anti-entropy costs: between two equal peers, and for each update that one of them lacks. */
import { SIM_CLOCK } from '#src/node/sim/plan.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import { createSimulation } from '#src/sim/simulation.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { createManifest } from '#src/train/manifest.js'
import type { Benchmark, BenchRow } from './index.js'

const EPOCHS = [8, 32, 128]
const IDLE_MINUTES = 10
/** What nodes have unless told otherwise. */
const PULSE_MS = 2000
const LIMIT_MS = 600_000

async function measure(epochs: number, seed: number): Promise<BenchRow> {
  const manifest = createManifest({
    task: { kind: 'digits' },
    name: 'repair',
    model: { kind: 'mlp', inputs: 64, hidden: [], classes: 10 },
    seed,
    epochs,
    expectedPeers: 2,
    density: 0.1,
    clock: SIM_CLOCK
  })
  const identities = createSimIdentities(3, seed)
  const [a, b, late] = identities.map(({ key }) => key) as [string, string, string]
  const swarm = createSimulation({
    manifest,
    identities,
    edges: [[0, 1]],
    seed,
    pulseMs: PULSE_MS,
    drain: () => new Promise(resolve => setImmediate(resolve)),
    // The third only listens.
    trainer: (peer, clock) =>
      peer === 2 ? undefined : createSyntheticTrainer({ tensors: manifest.params.tensors, seed, peer, clock })
  })
  const { network, peers } = swarm
  const digest = (peer: number) => peers[peer]!.status().setDigest
  await Promise.all([peers[0]!.start(), peers[1]!.start()])
  await swarm.until(() => peers[0]!.status().trained && peers[1]!.status().trained && digest(0) === digest(1), LIMIT_MS)
  // The pulses that find it out are not idle yet.
  await swarm.until(() => false, 60_000)
  const sent = () => network.traffic(a).sent + network.traffic(b).sent
  const before = sent()
  await swarm.until(() => false, IDLE_MINUTES * 60_000)
  const idle = (sent() - before) / IDLE_MINUTES

  network.connect(a, late)
  await peers[2]!.start()
  const begun = swarm.clock.now()
  const caughtUp = await swarm.until(() => peers[2]!.status().trained && digest(2) === digest(0), LIMIT_MS)
  const status = peers[2]!.status()
  const traffic = network.traffic(late)
  const missing = status.updates
  const row = {
    'missing updates': missing,
    'idle bytes per minute': idle,
    'bytes per missing update': (traffic.sent + traffic.received) / missing,
    'of those its envelope': status.payloadBytesReceived / missing,
    'virtual s': (swarm.clock.now() - begun) / 1000,
    'one set': caughtUp
  }
  await swarm.stop()
  return row
}

export const repairBenchmark: Benchmark = {
  summary: 'bytes of anti-entropy: idle, and per missing update',
  setting:
    'virtual network, pulses of 2 s as in nodes; idle = two peers with equal sets after training, both directions together, over ten ' +
    'minutes; then a third comes that lacks everything: all that passes between it and its one neighbour, both directions, until it is equal',
  async *run({ epochs = EPOCHS, seeds = [1], progress }) {
    for (const count of epochs)
      for (const seed of seeds) {
        progress(`${count} epochs`)
        yield await measure(count, seed)
      }
  }
}
