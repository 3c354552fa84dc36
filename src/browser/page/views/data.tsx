/** Which data to train on. Nothing is published before the button at the end. */
import { useState } from 'preact/hooks'
import type { TaskSpec } from '../../../core/protocol/manifest.js'
import { BUNDLED_PARTS, type ChosenData, type DrawnDigit } from '../../engine/session.js'
import { Card, Heading, ProblemNotice } from '../parts/basics.js'
import { DrawDigits } from '../parts/draw-digits.js'
import { FilesField } from '../parts/files-field.js'
import type { App, Live } from '../state/app.js'
import { bytes, plural } from '../words/format.js'
import { dataNeededInWords } from '../words/manifest.js'

type Kind = ChosenData['kind']

interface Choice {
  readonly kind: Kind
  readonly title: string
  readonly detail: string
}

/** One of each digit: somebody who has seen fewer would teach the others that there are no more. */
const LEAST_DRAWN = 10

function choicesFor(task: TaskSpec): readonly Choice[] {
  const files: Choice = { kind: 'files', title: 'Files of mine', detail: filesDetail(task) }
  const none: Choice = {
    kind: 'none',
    title: 'No data',
    detail: 'Follow the model and help others exchange it, without training.'
  }
  if (task.kind !== 'digits') return [files, none]
  return [
    {
      kind: 'bundled',
      title: 'The digits that come with this page',
      detail: '1,797 handwritten digits, collected by E. Alpaydin and C. Kaynak (CC BY 4.0).'
    },
    {
      kind: 'drawn',
      title: 'Digits I draw',
      detail: `With a finger, a mouse or the keyboard; at least ${LEAST_DRAWN}.`
    },
    files,
    none
  ]
}

function filesDetail(task: TaskSpec): string {
  switch (task.kind) {
    case 'digits':
      return 'CSV without a header: 64 pixels from 0 to 16 and then the digit, in each line.'
    case 'mnist':
      return 'IDX files: train-images and train-labels, gzipped or not.'
    case 'table':
      return 'CSV with a header that has the columns of this swarm.'
  }
}

export function ChooseDataView({ app, live: { session } }: { readonly app: App; readonly live: Live }) {
  const task = session.preview?.manifest.task
  const choices = task === undefined ? [] : choicesFor(task)
  const [kind, setKind] = useState<Kind>(choices[0]?.kind ?? 'none')
  const [files, setFiles] = useState<readonly File[]>([])
  const [drawn, setDrawn] = useState<readonly DrawnDigit[]>([])
  const [isPart, setIsPart] = useState(true)
  const [alone, setAlone] = useState(true)
  const busy = app.busy.value
  const problem = app.problem.value
  if (session.preview === null) return null
  const missing = missingFor(kind, files, drawn)
  const dataProblem = problem !== null && kind === 'files' ? problem : null
  return (
    <div class="narrow">
      <p class="step">Step 2 of 2</p>
      <Heading>Your data</Heading>
      <p class="lead">{dataNeededInWords(session.preview.manifest)} Whatever you choose stays on this device.</p>
      <form
        noValidate
        onSubmit={event => {
          event.preventDefault()
          if (missing === null) void app.begin(chosen(kind, isPart, files, drawn), alone && kind !== 'none')
        }}
      >
        <fieldset class="choices" disabled={busy}>
          <legend>Train on</legend>
          {choices.map(choice => (
            <div key={choice.kind} class={choice.kind === kind ? 'choice chosen' : 'choice'}>
              <label>
                <input
                  type="radio"
                  name="data"
                  value={choice.kind}
                  checked={choice.kind === kind}
                  onChange={() => setKind(choice.kind)}
                />
                <span>
                  <strong>{choice.title}</strong>
                  <small>{choice.detail}</small>
                </span>
              </label>
              {choice.kind === kind && kind === 'bundled' && <PartField isPart={isPart} onPart={setIsPart} />}
              {choice.kind === kind && kind === 'files' && (
                <FilesField
                  task={session.preview!.manifest.task}
                  files={files}
                  onFiles={setFiles}
                  problem={dataProblem}
                />
              )}
              {choice.kind === kind && kind === 'drawn' && <DrawDigits digits={drawn} onDigits={setDrawn} />}
            </div>
          ))}
        </fieldset>
        {kind !== 'none' && (
          <label class="check">
            <input
              type="checkbox"
              checked={alone}
              disabled={busy}
              onChange={event => setAlone(event.currentTarget.checked)}
            />
            <span>
              <strong>Compare with training alone</strong>
              <small>Trains a second model on your data only. It takes twice the computing.</small>
            </span>
          </label>
        )}
        {dataProblem === null && <ProblemNotice problem={problem} />}
        <Card title="When you start" id="start">
          <p>{startInWords(kind, files, drawn)}</p>
          <div class="actions">
            <button type="submit" disabled={busy || missing !== null} aria-describedby="missing">
              {busy ? 'Starting …' : kind === 'none' ? 'Follow the swarm' : 'Start training'}
            </button>
            <button type="button" class="quiet" disabled={busy} onClick={() => app.back()}>
              Back
            </button>
          </div>
          <p class="small" id="missing" aria-live="polite">
            {missing}
          </p>
        </Card>
      </form>
    </div>
  )
}

/** With all of the digits a device needs nobody; with a part of them it learns what the others know. */
function PartField({ isPart, onPart }: { readonly isPart: boolean; readonly onPart: (isPart: boolean) => void }) {
  return (
    <fieldset class="parts">
      <legend class="unseen">How many of them</legend>
      <label class="check">
        <input type="radio" name="part" checked={isPart} onChange={() => onPart(true)} />
        <span>
          A sixteenth of them, by chance
          <small>With few of the ten digits in it: shows what training together is good for.</small>
        </span>
      </label>
      <label class="check">
        <input type="radio" name="part" checked={!isPart} onChange={() => onPart(false)} />
        <span>All of them</span>
      </label>
    </fieldset>
  )
}

function chosen(kind: Kind, isPart: boolean, files: readonly File[], samples: readonly DrawnDigit[]): ChosenData {
  if (kind === 'bundled' && isPart) return { kind, part: Math.floor(Math.random() * BUNDLED_PARTS) }
  if (kind === 'files') return { kind, files }
  if (kind === 'drawn') return { kind, samples }
  return { kind }
}

/** What has to be done first; null when nothing. */
function missingFor(kind: Kind, files: readonly File[], drawn: readonly DrawnDigit[]): string | null {
  if (kind === 'files' && files.length === 0) return 'Choose a file first.'
  if (kind === 'drawn' && drawn.length < LEAST_DRAWN)
    return `Draw ${plural(LEAST_DRAWN - drawn.length, 'more digit', 'more digits')} first.`
  return null
}

function startInWords(kind: Kind, files: readonly File[], drawn: readonly DrawnDigit[]): string {
  const visible = 'Members will see that this device takes part, the changes of its model, and how many samples it has.'
  switch (kind) {
    case 'none':
      return 'Members will see that this device is connected. It publishes nothing.'
    case 'drawn':
      return `${visible} You drew ${plural(drawn.length, 'digit')}.`
    case 'files': {
      const size = files.reduce((sum, file) => sum + file.size, 0)
      return files.length === 0
        ? visible
        : `${visible} ${plural(files.length, 'file')}, ${bytes(size)}, read here only; this browser keeps a copy until you leave.`
    }
    case 'bundled':
      return visible
  }
}
