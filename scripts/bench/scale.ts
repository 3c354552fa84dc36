/** Whether what a peer receives and does stays the same while the swarm grows: lots, a byte budget, virtual time. */

import type { Manifest } from '#src/core/protocol/manifest.js'
import { SIM_CLOCK } from '#src/node/sim/plan.js'
import { syntheticTrainers } from '#src/node/sim/trainers.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import type { RunObserver } from '#src/sim/observer.js'
import { runScenario } from '#src/sim/scenario.js'
import { createTopology } from '#src/topology/index.js'
import { createManifest } from '#src/train/manifest.js'
import type { Benchmark, BenchRow } from './index.js'

const SIZES = [16, 64, 256, 1000]
const EPOCHS = 50
const DRAWN = 16
/** For 16 updates an epoch of about 100 of the 650 coordinates each, headers included. */
const BUDGET_BYTES = 16 * 320
/** 650 parameters in two tensors. */
const MODEL: Manifest['model'] = { kind: 'mlp', inputs: 64, hidden: [], classes: 10 }

async function measure(peers: number, epochs: number, seed: number): Promise<BenchRow> {
  const topology = createTopology('regular', { peers, degree: 4, seed })
  const manifest = createManifest({
    task: { kind: 'digits' },
    name: 'scale',
    model: MODEL,
    seed,
    epochs,
    expectedPeers: peers,
    drawn: DRAWN,
    budgetBytes: BUDGET_BYTES,
    clock: SIM_CLOCK
  })
  let published = 0
  let messages = 0
  let gossip = 0
  let pulseBytes = 0
  const observer: RunObserver = {
    onStep(_, { input, effects }) {
      if (input.type === 'update') gossip += input.via === 'gossip' ? 1 : 0
      for (const effect of effects) if (effect.type === 'gossip') published++
    }
  }
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const outcome = await runScenario({
    topology,
    manifest,
    identities: createSimIdentities(peers, seed),
    seed,
    trainer: syntheticTrainers(manifest).open,
    observers: [observer],
    drain: () => new Promise(resolve => setImmediate(resolve))
  })
  const spent = process.cpuUsage(cpu)
  let payload = 0
  for (const { status, traffic } of outcome.peers) {
    payload += status.payloadBytesReceived
    messages += traffic.messages
    pulseBytes += traffic.received
  }
  const each = peers * epochs
  return {
    peers,
    epochs,
    'drawn per epoch': published / epochs,
    'payload bytes per peer and epoch': payload / each,
    'updates per peer and epoch': gossip / each,
    'messages per peer and epoch': messages / each,
    'bytes per peer and epoch': pulseBytes / each,
    'virtual s': outcome.virtualSeconds,
    'wall s': (performance.now() - begun) / 1000,
    'cpu s': (spent.user + spent.system) / 1e6,
    'peak RSS MB': process.resourceUsage().maxRSS / 1024,
    'one model': outcome.end === 'settled' && new Set(outcome.peers.map(({ stateDigest }) => stateDigest)).size === 1
  }
}

export const scaleBenchmark: Benchmark = {
  summary: 'what a peer of 16, 64, 256 and 1,000 receives, 16 drawn per epoch, and what simulating it takes (--epochs)',
  setting:
    `random 4-regular graphs, synthetic training of 650 parameters, ${DRAWN} peers drawn per epoch, ${BUDGET_BYTES} bytes per epoch ` +
    'for the whole swarm, virtual time, one process; payload = envelopes of updates, each once; messages and bytes = all that ' +
    'arrives, headers of the protocol included: gossip from every neighbour, pulses, questions and answers',
  async *run({ epochs = [EPOCHS], seeds = [1], progress }) {
    for (const peers of SIZES)
      for (const count of epochs)
        for (const seed of seeds) {
          progress(`${peers} peers`)
          yield await measure(peers, count, seed)
        }
  }
}
