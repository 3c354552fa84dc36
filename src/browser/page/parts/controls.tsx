/** What one can ask of a running peer: pause, stay awake, when to rest, leave. */
import { useRef } from 'preact/hooks'
import type { Rules, View } from '../../engine/session.js'
import type { App, Live } from '../state/app.js'
import { count } from '../words/format.js'
import { Card } from './basics.js'

interface ControlsProps {
  readonly app: App
  readonly live: Live
}

export function MainControls({ app, live: { view } }: ControlsProps) {
  const busy = app.busy.value
  const over = view.phase === 'settling' || view.phase === 'ended'
  if (over) return null
  const paused = view.resting.includes('asked')
  return (
    <div class="actions">
      {paused ? (
        <button type="button" disabled={busy} onClick={() => void app.resume()}>
          Go on
        </button>
      ) : (
        <button type="button" class="quiet" disabled={busy} onClick={() => void app.pause()}>
          Pause
        </button>
      )}
      {!paused && isSparing(view) && (
        <button type="button" onClick={() => app.obey({ battery: false, saveData: false, metered: false })}>
          Train anyway
        </button>
      )}
      <button
        type="button"
        class="quiet"
        aria-pressed={view.awake}
        disabled={busy}
        onClick={() => void app.keepAwake(!view.awake)}
      >
        {view.awake ? 'Screen stays on' : 'Keep screen on'}
      </button>
    </div>
  )
}

/** It rests for the person's sake, who may see that otherwise. */
function isSparing({ resting }: View): boolean {
  return resting.some(reason => reason === 'battery' || reason === 'data-saver' || reason === 'metered')
}

const RULES: readonly (readonly [keyof Rules, string, string])[] = [
  ['battery', 'the battery is low', 'below a fifth and not charging'],
  ['saveData', 'the browser is set to save data', ''],
  ['metered', 'on a mobile connection', 'where the browser tells']
]

export function RulesCard({ app }: { readonly app: App }) {
  const rules = app.rules.value
  return (
    <Card title="Rest by itself when" id="rules">
      <div class="checks">
        {RULES.map(([name, what, note]) => (
          <label class="check" key={name}>
            <input
              type="checkbox"
              checked={rules[name]}
              onChange={event => app.obey({ ...rules, [name]: event.currentTarget.checked })}
            />
            <span>
              {what}
              {note && <small>{note}</small>}
            </span>
          </label>
        ))}
      </div>
    </Card>
  )
}

export function LeaveControl({ app, live: { view } }: ControlsProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <div class="leave">
      <button type="button" class="quiet danger" onClick={() => dialog.current?.showModal()}>
        Leave the swarm
      </button>
      <dialog ref={dialog} aria-labelledby="leave-title">
        <h2 id="leave-title">Leave the swarm?</h2>
        <p>
          The others are told, and go on. What this browser keeps of the swarm is deleted
          {view.residual > 0 && `, with ${count(view.residual)} entries that it has not sent yet`}. To stop for a while
          only, pause it or close the page.
        </p>
        <div class="actions">
          <button
            type="button"
            class="danger"
            onClick={() => {
              dialog.current?.close()
              void app.leave()
            }}
          >
            Leave
          </button>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Stay
          </button>
        </div>
      </dialog>
    </div>
  )
}
