/**
 * Whether a large swarm learns as well when 16 peers a epoch draw a lot as when everyone publishes in every epoch. Peers go in step
 * and miss nothing, because this is about what is published, not about how it travels: params follow the production set.
 */
import { fromHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { gridDelta, toFloat32 } from '#src/core/grid.js'
import { membershipOf } from '#src/core/protocol/admit.js'
import { createLots, isDrawn, nextBits } from '#src/core/protocol/lots.js'
import { checkedInitialParams, type Manifest, manifestBytes } from '#src/core/protocol/manifest.js'
import { followSet, markDirty, remember } from '#src/core/protocol/model.js'
import { createSet, insertUpdate } from '#src/core/protocol/set.js'
import { createModelAt } from '#src/core/protocol/state.js'
import { compress } from '#src/core/sparse/compress.js'
import { updateValues } from '#src/core/sparse/quantise.js'
import { subtract, takeIn } from '#src/core/sparse/residual.js'
import { ENVELOPE_OVERHEAD_BYTES, encodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { encodeBody } from '#src/core/wire/update.js'
import type { Clock } from '#src/interface.js'
import { realTrainers } from '#src/node/sim/trainers.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import { createManifest } from '#src/train/manifest.js'
import type { Benchmark, BenchRow } from './index.js'
import { median } from './simulated.js'

const PEERS = 256
const DRAWN = 16
const EPOCHS = 200
const SEEDS = [1, 2, 3]
const LAST_EPOCHS = 10
/** Bytes of one envelope among 16: about 100 of the 4,810 coordinates. */
const ENVELOPE_BYTES = 256

interface Figures {
  readonly accuracy: number
  readonly updatesPerEpoch: number
  readonly bytesPerEpoch: number
}

/** The virtual trainer's time does not matter here. */
const AT_ONCE: Clock = {
  now: () => 0,
  after(_, callback) {
    queueMicrotask(callback)
    return () => {}
  }
}

async function train(seed: number, epochs: number, drawn: number | 'all'): Promise<Figures> {
  const manifest = createManifest({
    task: { kind: 'digits' },
    seed,
    epochs,
    expectedPeers: PEERS,
    drawn,
    budgetBytes: DRAWN * ENVELOPE_BYTES
  })
  const partition = { kind: 'iid' } as const
  const trainers = await realTrainers({ manifest, peers: PEERS, partition, seed })
  const peers = createSimIdentities(PEERS, seed).map(({ key }, peer) => ({
    key,
    trainer: trainers.open({ peer, clock: AT_ONCE, slowdown: 1 }),
    residual: new Int32Array(0)
  }))
  const bits = nextBits(createLots(manifest).bits, PEERS, manifest.lots, manifest.lots.maxBits)
  const maxBytes = Math.max(16, Math.floor(manifest.gossip.budgetBytes / (PEERS / 2 ** bits)) - ENVELOPE_OVERHEAD_BYTES)
  const swarm = digest(manifestBytes(manifest))
  const { set, model } = emptyModel(manifest)
  let bytes = 0
  let sum = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    followSet(model, set)
    const params = toFloat32(model.params)
    const made: Parameters<typeof insertUpdate>[1][] = []
    for (const peer of peers) {
      if (!isDrawn(swarm, epoch, fromHex(peer.key), bits)) continue
      if (peer.residual.length === 0) peer.residual = new Int32Array(params.length)
      const { trainer, residual } = peer
      const result = await trainer.train(params, manifest.training.localSteps)
      takeIn(residual, gridDelta(result.params, params))
      const weight = Math.min(trainer.samples, manifest.limits.maxWeight)
      const { valueBits } = manifest.gossip
      const { maxNorm, maxValueBits } = manifest.limits
      const delta = compress(residual, { maxBytes, valueBits, maxNorm, maxValueBits, epoch, weight })
      subtract(residual, delta)
      const payload = encodeBody({ epoch, drawBits: bits, weight, delta })
      const unsigned = {
        author: fromHex(peer.key),
        payloadType: UPDATE_PAYLOAD,
        payload,
        signature: new Uint8Array(64)
      }
      const envelope = encodeEnvelope(unsigned)
      bytes += envelope.length
      const update = { author: peer.key, epoch, weight, drawBits: bits, contentHash: digest(payload), envelope }
      remember(model, update, { indices: delta.indices, values: updateValues(delta) })
      made.push(update)
    }
    for (const update of made) insertUpdate(set, update)
    markDirty(model, epoch)
    if (epoch < epochs - LAST_EPOCHS) continue
    followSet(model, set)
    sum += (await peers[0]!.trainer.evaluate(toFloat32(model.params))).accuracy
  }
  return { accuracy: sum / LAST_EPOCHS, updatesPerEpoch: set.size / epochs, bytesPerEpoch: bytes / epochs }
}

function emptyModel(manifest: Manifest) {
  return { set: createSet(), model: createModelAt(manifest, membershipOf(manifest), checkedInitialParams(manifest)) }
}

export const lotsBenchmark: Benchmark = {
  summary: '256 digits peers, 16 drawn per epoch against everyone in every epoch (--seeds, --epochs)',
  setting:
    `${PEERS} digits peers in step, ${DRAWN * ENVELOPE_BYTES} bytes per epoch for the whole swarm; accuracy = mean of the last ten ` +
    'epochs on everything held out, median over the seeds; points = median difference of equal seeds; an envelope without ' +
    'entries is 110 bytes, so that everyone together cannot keep to the budget',
  async *run({ seeds = SEEDS, epochs = [EPOCHS], progress }): AsyncIterable<BenchRow> {
    for (const count of epochs) {
      const runs = { all: [] as Figures[], drawn: [] as Figures[] }
      for (const seed of seeds) {
        progress(`everyone, ${count} epochs, seed ${seed}`)
        runs.all.push(await train(seed, count, 'all'))
        progress(`${DRAWN} drawn, ${count} epochs, seed ${seed}`)
        runs.drawn.push(await train(seed, count, DRAWN))
      }
      for (const [who, figures] of Object.entries(runs)) {
        const over = (figure: (run: Figures, i: number) => number) => median(figures.map(figure))
        yield {
          who: who === 'all' ? 'everyone' : `${DRAWN} drawn`,
          epochs: count,
          seeds: seeds.length,
          accuracy: over(run => run.accuracy),
          points: over((run, i) => 100 * (run.accuracy - runs.all[i]!.accuracy)),
          'updates per epoch': over(run => run.updatesPerEpoch),
          'bytes per epoch': over(run => run.bytesPerEpoch)
        }
      }
    }
  }
}
