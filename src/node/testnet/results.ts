/** What `--out` gets at the end of a testnet. */
import type { Manifest } from '../../core/protocol/manifest.js'
import type { EpochRecord, SummaryRecord } from '../json.js'
import type { OutFolder } from '../out-folder.js'
import { type AccuracyPoint, accuracyByEpoch, renderAccuracyPlot } from '../report/plot.js'
import { writeModel } from '../write-model.js'
import type { TestnetOutcome } from './run.js'
import { spread } from './summarise.js'

export interface Results {
  readonly title: string
  readonly manifest: Manifest
  readonly outcome: TestnetOutcome
  readonly summary: SummaryRecord
  /** Records of epochs that were evaluated. */
  readonly evaluated: readonly EpochRecord[]
}

/** `summary.json`, `accuracy.svg` and `model/`. @throws {InputError} that names the file that could not be written */
export async function writeResults(out: OutFolder, results: Results): Promise<void> {
  const { title, manifest, outcome, summary, evaluated } = results
  const end = { epochs: summary.epochs, ...summary.accuracy }
  const plot = renderAccuracyPlot({
    title,
    // The last point is the full evaluation; those before are of the subsample.
    swarm: [...accuracyByEpoch(evaluated).filter(point => point.epochs < end.epochs), end],
    alone: alonePoints(outcome.alone, summary),
    payloadBytesReceivedPerPeer: summary.payloadBytesReceivedPerPeer.mean,
    denseBytesPerPeer: summary.denseBytesPerPeer
  })
  await out.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  await out.write('accuracy.svg', plot)
  await writeModel(out, manifest, outcome.params)
}

/** The baseline's part of the plot; empty when there was none. */
export function alonePoints(
  alone: TestnetOutcome['alone'],
  summary: Pick<SummaryRecord, 'epochs' | 'aloneAccuracy'>
): AccuracyPoint[] {
  if (summary.aloneAccuracy === null) return []
  const epochs = alone[0]!.points.map(point => point.epoch)
  const points = epochs.map((epoch, i) => ({ epochs: epoch, ...spread(alone.map(curve => curve.points[i]!.accuracy)) }))
  return [...points, { epochs: summary.epochs, ...summary.aloneAccuracy }]
}
