import { loadData } from '#src/node/data/index.js'
import { loadEngine } from '#src/node/trainer/engine.js'
import { partitionRows } from '#src/train/partition.js'
import { createTrainer } from '#src/train/trainer.js'
import { trainerContract } from '../../support/trainer-contract.js'

trainerContract('the engine on the own thread', {
  async create(manifest, index) {
    const data = await loadData(manifest.task, { seed: manifest.seed })
    const shard = partitionRows(data.train, { kind: 'iid' }, 4, 1)[index]
    return createTrainer({ manifest, data, shard, engine: await loadEngine(manifest.model), seed: 1, index })
  },
  async createWithoutSamples(manifest) {
    const data = await loadData(manifest.task, { seed: manifest.seed })
    return createTrainer({ manifest, data, engine: await loadEngine(manifest.model), seed: 1 })
  }
})
