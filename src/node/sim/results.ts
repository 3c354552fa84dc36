/** What `--out` gets at the end of a simulated run. */
import type { Manifest } from '../../core/protocol/manifest.js'
import type { ScenarioOutcome } from '../../sim/scenario.js'
import type { EpochRecord, SimSummaryRecord } from '../json.js'
import type { OutFolder } from '../out-folder.js'
import { accuracyByEpoch, renderAccuracyPlot } from '../report/plot.js'
import type { AloneCurve } from '../testnet/calls.js'
import { alonePoints } from '../testnet/results.js'
import { writeModel } from '../write-model.js'

export interface SimResults {
  readonly title: string
  readonly manifest: Manifest
  readonly outcome: ScenarioOutcome
  readonly alone: readonly AloneCurve[]
  readonly summary: SimSummaryRecord
  readonly console: { readonly evaluated: readonly EpochRecord[] }
  /** Whether there is a model worth keeping. */
  readonly real: boolean
}

/** `summary.json`, `accuracy.svg` and `model/`. @throws {InputError} that names the file that could not be written */
export async function writeSimResults(out: OutFolder, results: SimResults): Promise<void> {
  const { title, manifest, outcome, alone, summary, real } = results
  await out.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  // Nobody was left, so there is neither a curve's end nor a model.
  if (summary.accuracy === null) return
  const end = { epochs: summary.epochs, ...summary.accuracy }
  const plot = renderAccuracyPlot({
    title,
    // The last point is the full evaluation; those before are of the subsample.
    swarm: [...accuracyByEpoch(results.console.evaluated).filter(point => point.epochs < end.epochs), end],
    alone: alonePoints(alone, summary),
    payloadBytesReceivedPerPeer: summary.payloadBytesReceivedPerPeer.mean,
    denseBytesPerPeer: summary.denseBytesPerPeer
  })
  await out.write('accuracy.svg', plot)
  if (real && outcome.params !== null) await writeModel(out, manifest, outcome.params)
}
