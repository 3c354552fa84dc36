import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseFaults } from '#src/faults/index.js'
import { createTopology } from '#src/topology/index.js'
import type { Job, JobResult } from '../../../scripts/sweep/job.js'
import { shrink } from '../../../scripts/sweep/shrink.js'

const storm = parseFaults(
  readFileSync(new URL('../../../../../topology/faults/storm.json', import.meta.url), 'utf8'),
  'storm'
)
const job: Job = {
  topology: createTopology('regular', { peers: 16, degree: 4, seed: 1 }),
  faults: storm,
  seed: 1,
  epochs: 40,
  mode: 'sync'
}

/** A run that breaks I4 where these hold, and I3 wherever else. */
const breaks =
  (holds: (job: Job) => boolean) =>
  async (job: Job): Promise<JobResult> => ({
    broken: [{ id: holds(job) ? 'I4' : 'I3', peer: null, atMs: 0, detail: '' }],
    end: 'settled',
    virtualSeconds: 0,
    settleSeconds: 0,
    events: 0,
    cpuSeconds: 0
  })

describe('shrinking a failing run', () => {
  it('leaves what it takes to break the same promise, and nothing else', async () => {
    const run = breaks(
      ({ faults, epochs, topology }) =>
        epochs >= 5 &&
        topology.peers >= 7 &&
        faults?.events?.some(event => event.do === 'freeze') === true &&
        faults.links?.some(({ loss }) => loss !== undefined) === true
    )
    const { job: small } = await shrink(job, await run(job), { run, width: 2, maxRuns: 1000 })
    assert.equal(small.epochs, 5)
    assert.equal(small.topology.peers, 7)
    const { links, peers, disks, events } = small.faults!
    assert.deepEqual([peers, disks], [[], []])
    assert.deepEqual(
      events?.map(event => event.do),
      ['freeze']
    )
    assert.equal(links?.length, 1)
    assert.deepEqual(
      Object.keys(links![0]!).sort(),
      Object.keys(links![0]!).includes('oneWay') ? ['between', 'loss', 'oneWay'] : ['between', 'loss']
    )
  })

  it('gives up after as many runs as it may take', async () => {
    const run = breaks(() => true)
    const { runs } = await shrink(job, await run(job), { run, width: 2, maxRuns: 6 })
    assert.ok(runs <= 7, String(runs))
  })

  it('leaves a run alone that breaks in nothing smaller', async () => {
    const run = breaks(candidate => candidate === job)
    const { job: small } = await shrink(job, await run(job), { run, width: 3, maxRuns: 1000 })
    assert.equal(small, job)
  })
})
