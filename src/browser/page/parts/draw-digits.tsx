/** Draws digits one after another; each is shown as the model will see it. */
import { useState } from 'preact/hooks'
import type { DrawnDigit } from '../../engine/session.js'
import { nextDigit, pixelsOf, type Stroke } from '../words/drawing.js'
import { plural } from '../words/format.js'
import { DrawPad } from './draw-pad.js'

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const

interface DrawDigitsProps {
  readonly digits: readonly DrawnDigit[]
  readonly onDigits: (digits: readonly DrawnDigit[]) => void
}

export function DrawDigits({ digits, onDigits }: DrawDigitsProps) {
  const [strokes, setStrokes] = useState<readonly Stroke[]>([])
  const [chosen, setChosen] = useState<number | null>(null)
  const label = chosen ?? nextDigit(digits.map(digit => digit.label))
  const keep = (): void => {
    onDigits([...digits, { pixels: pixelsOf(strokes), label }])
    setStrokes([])
    setChosen(null)
  }
  return (
    <div class="draw">
      <p class="draw-ask" aria-live="polite">
        Draw a <strong>{label}</strong>
      </p>
      <DrawPad strokes={strokes} onStrokes={setStrokes} label={label} />
      <div class="actions">
        <button type="button" disabled={strokes.length === 0} onClick={keep}>
          Keep this {label}
        </button>
        <button type="button" class="quiet" disabled={strokes.length === 0} onClick={() => setStrokes([])}>
          Clear
        </button>
        <label class="inline">
          It is a{' '}
          <select value={label} onChange={event => setChosen(Number(event.currentTarget.value))}>
            {DIGITS.map(digit => (
              <option key={digit} value={digit}>
                {digit}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ul class="drawn" aria-label={`${plural(digits.length, 'digit')} drawn`}>
        {digits.map((digit, i) => (
          // Digits have no name of their own, and are only added and taken away.
          <li key={`${i} ${digit.label}`}>
            <button
              type="button"
              class="thumb"
              aria-label={`Remove digit ${i + 1}, a ${digit.label}`}
              title="Remove"
              onClick={() => onDigits(digits.filter(other => other !== digit))}
            >
              <Thumbnail pixels={digit.pixels} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Thumbnail({ pixels }: { readonly pixels: Uint8Array }) {
  return (
    <svg viewBox="0 0 8 8" width="32" height="32" aria-hidden="true" focusable="false" shape-rendering="crispEdges">
      {Array.from(pixels, (ink, i) =>
        ink === 0 ? null : <rect key={i} x={i % 8} y={Math.floor(i / 8)} width="1" height="1" fill-opacity={ink / 16} />
      )}
    </svg>
  )
}
