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
import { createRandom } from '#src/core/random.js'
import { compress } from '#src/core/sparse/compress.js'
import { updateValues } from '#src/core/sparse/quantise.js'
import { subtract, takeIn } from '#src/core/sparse/residual.js'
import { ENVELOPE_OVERHEAD_BYTES, encodeEnvelope, UPDATE_PAYLOAD } from '#src/core/wire/envelope.js'
import { encodeBody } from '#src/core/wire/update.js'
import { loadData } from '#src/node/data/load.js'
import { createSimIdentities } from '#src/node/sim-identities.js'
import { loadEngine } from '#src/node/trainer/engine.js'
import { createManifest } from '#src/train/manifest.js'
import { partitionRows } from '#src/train/partition.js'
import type { Dataset } from '#src/train/samples.js'
import { createTrainer } from '#src/train/trainer.js'
import type { Benchmark, BenchRow } from './index.js'
import { median } from './simulated.js'

const PEERS = 256
const DRAWN = 16
const EPOCHS = 200
const SEEDS = [1, 2, 3]
const LAST_EPOCHS = 10
/** Bytes of one envelope among 16: what is just enough for 256, of which 110 are header. */
const ENVELOPE_BYTES = 2304

interface Figures {
  readonly accuracy: number
  readonly updatesPerEpoch: number
  readonly bytesPerEpoch: number
}

/** Each digit so many times, moved by up to a pixel: 1,438 are too few for 256 peers. */
const COPIES = 8
const SIDE = 8

/** Training digits, moved about; what is held out stays as it is. */
function manyDigits({ classes, train, test }: Dataset, seed: number): Dataset {
  const random = createRandom(seed, 3)
  const { width, values, labels, scale } = train.samples
  const count = train.rows.length * COPIES
  const moved = new Float32Array(count * width)
  const movedLabels = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    const row = train.rows[i % train.rows.length]!
    const [right, down] = [random.below(3) - 1, random.below(3) - 1]
    movedLabels[i] = labels[row]!
    for (let at = 0; at < width; at++) {
      const [x, y] = [(at % SIDE) - right, Math.floor(at / SIDE) - down]
      if (x >= 0 && x < SIDE && y >= 0 && y < SIDE) moved[i * width + at] = values[row * width + y * SIDE + x]!
    }
  }
  const samples = { width, values: moved, scale, labels: movedLabels }
  return { classes, train: { samples, rows: Uint32Array.from({ length: count }, (_, i) => i) }, test }
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
  const data = manyDigits(await loadData(manifest.task, { seed }), seed)
  const shards = partitionRows(data.train, { kind: 'dirichlet', alpha: 0.1 }, PEERS, seed)
  const engine = await loadEngine(manifest.model)
  const peers = createSimIdentities(PEERS, seed).map(({ key }, index) => ({
    key,
    trainer: createTrainer({ manifest, engine, data, shard: shards[index], seed, index, breathe: null }),
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
    `${PEERS} peers in step, digits moved by up to a pixel on Dirichlet(0.1) shards, ${DRAWN * ENVELOPE_BYTES} bytes per epoch for the whole swarm; accuracy = mean of the last ten ` +
    'epochs on everything held out, median over the seeds; points = median difference of equal seeds',
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
