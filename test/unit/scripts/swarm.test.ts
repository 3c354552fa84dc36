import assert from 'node:assert/strict'
import { parseCommandLine } from '#src/node/cli/parse.js'
import { planSwarm, swarmBenchmark, swarmRow } from '../../../scripts/bench/swarm.js'
import { formatTable } from '../../../scripts/bench/table.js'
import { testSummary } from '../../support/summary.js'

const silent = { progress: () => {} }

describe('the swarm benchmark', () => {
  it('runs digits for 70 epochs and MNIST for 60 and for 150, each over three seeds', () => {
    const plans = planSwarm({ ...silent, data: 'mnist' }, () => true)
    assert.deepEqual(
      plans.map(({ task, epochs, seeds }) => [task, epochs, ...seeds]),
      [
        ['digits', 70, 1, 2, 3],
        ['mnist', 60, 1, 2, 3],
        ['mnist', 150, 1, 2, 3]
      ]
    )
    for (const { task, epochs, args } of plans) {
      const invocation = parseCommandLine(['testnet', ...args, '--seed', '2', '--json'], '0')
      assert.ok(invocation.command === 'testnet')
      assert.match(invocation.topology, /topology\/regular-16\.json$/)
      assert.deepEqual([invocation.options.task, invocation.options.epochs], [task, epochs])
      assert.deepEqual(invocation.options.data, task === 'mnist' ? 'mnist' : undefined)
    }
  })

  it('says what it skips without data', () => {
    const lines: string[] = []
    const plans = planSwarm({ data: 'nowhere', progress: line => lines.push(line) }, () => false)
    assert.deepEqual(
      plans.map(({ task }) => task),
      ['digits']
    )
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /^mnist is skipped: .*nowhere.*--data or STARLINGS_MNIST/)
  })

  it('runs what it is told to', () => {
    const plans = planSwarm({ ...silent, tasks: ['digits'], epochs: [5, 10], seeds: [7] }, () => true)
    assert.deepEqual(
      plans.map(({ task, epochs, seeds }) => [task, epochs, ...seeds]),
      [
        ['digits', 5, 7],
        ['digits', 10, 7]
      ]
    )
  })

  const runs = [0.93, 0.91, 0.92].map((mean, i) =>
    testSummary({ accuracy: { mean, min: mean, max: mean }, wallSeconds: 60 + i, digestsEqual: i < 2 })
  )

  it('gives medians over the seeds, and hides no unequal model', () => {
    const row = swarmRow({ task: 'mnist', epochs: 60 }, runs)
    assert.deepEqual(
      [row.seeds, row.accuracy, row.accuracyMin, row.accuracyMax, row.wallSeconds, row.digestsEqual],
      [3, 0.92, 0.91, 0.93, 61, false]
    )
    assert.equal(swarmRow({ task: 'mnist', epochs: 60 }, runs.slice(0, 2)).digestsEqual, true)
    const lost = swarmRow({ task: 'mnist', epochs: 60 }, [testSummary({ missingPeers: [1] })])
    assert.equal(lost.digestsEqual, false)
  })

  it('is a table for people', () => {
    const { show } = swarmBenchmark
    assert.ok(show)
    const [head, line] = formatTable([show(swarmRow({ task: 'mnist', epochs: 60 }, runs))]).split('\n')
    assert.match(head!, /task +epochs +accuracy +alone +received +dense/)
    assert.match(line!, /mnist +60 +92\.0% \(91\.0% – 93\.0%\) +40\.0% +1\.60 MB +366 MB +3\.00 +61\.0 s .* NO$/)
  })
})
