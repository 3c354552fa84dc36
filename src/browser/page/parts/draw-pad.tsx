/** A square to draw in, with a finger, a mouse, a pen or the arrow keys. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { PEN, type Spot, type Stroke } from '../words/drawing.js'

/** Pixels of the canvas; CSS gives it its size on the screen. */
const SIDE = 512
/** Of the keyboard's pen. */
const STEPS = 16

interface DrawPadProps {
  readonly strokes: readonly Stroke[]
  readonly onStrokes: (strokes: readonly Stroke[]) => void
  /** The digit that is asked for. */
  readonly label: number
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1]
}

export function DrawPad({ strokes, onStrokes, label }: DrawPadProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawing = useRef(false)
  const [pen, setPen] = useState<{ readonly x: number; readonly y: number; readonly down: boolean } | null>(null)
  const [said, setSaid] = useState('')

  useEffect(() => {
    if (canvas.current !== null) paint(canvas.current, strokes, pen)
  }, [strokes, pen])
  useEffect(() => {
    const repaint = (): void => {
      if (canvas.current !== null) paint(canvas.current, strokes, pen)
    }
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', repaint)
    return () => scheme.removeEventListener('change', repaint)
  }, [strokes, pen])

  const add = (spot: Spot): void => {
    const last = strokes.at(-1) ?? []
    onStrokes([...strokes.slice(0, -1), [...last, spot]])
  }
  const onKey = (event: KeyboardEvent): void => {
    const { x, y, down } = pen ?? { x: STEPS / 2, y: STEPS / 2, down: false }
    // The next digit begins with the pen up, wherever it is. No effect could say so in time for a quick next key.
    const at = { x, y, down: down && strokes.length > 0 }
    const move = MOVES[event.key]
    if (move !== undefined) {
      const within = (value: number): number => Math.min(STEPS, Math.max(0, value))
      const next = { ...at, x: within(at.x + move[0]), y: within(at.y + move[1]) }
      setPen(next)
      if (at.down) add({ x: next.x / STEPS, y: next.y / STEPS })
      setSaid(`column ${next.x}, row ${next.y}${at.down ? ', drawing' : ''}`)
    } else if (event.key === ' ') {
      setPen({ ...at, down: !at.down })
      if (!at.down) onStrokes([...strokes, [{ x: at.x / STEPS, y: at.y / STEPS }]])
      setSaid(at.down ? 'pen up' : 'pen down')
    } else if (event.key === 'Backspace' || event.key === 'Delete') {
      onStrokes(strokes.slice(0, -1))
      setPen({ ...at, down: false })
      setSaid('last stroke removed')
    } else return
    event.preventDefault()
  }

  return (
    <div class="pad">
      {/* A canvas takes no focus; what is around it does, and takes the keys. */}
      <div
        class="pad-area"
        role="application"
        tabIndex={0}
        aria-label={`Drawing area for a ${label}`}
        aria-describedby="pad-help"
        onKeyDown={onKey}
      >
        <canvas
          ref={canvas}
          width={SIDE}
          height={SIDE}
          onPointerDown={event => {
            event.currentTarget.setPointerCapture(event.pointerId)
            drawing.current = true
            setPen(null)
            onStrokes([...strokes, [spotOf(event)]])
          }}
          onPointerMove={event => {
            if (drawing.current) add(spotOf(event))
          }}
          onPointerUp={() => {
            drawing.current = false
          }}
          onPointerCancel={() => {
            drawing.current = false
          }}
        />
      </div>
      <p class="small" id="pad-help">
        With the keyboard: arrow keys move the pen, space puts it down or lifts it, backspace takes the last stroke
        away.
      </p>
      <p class="unseen" role="status">
        {said}
      </p>
    </div>
  )
}

function spotOf(event: PointerEvent & { readonly currentTarget: HTMLCanvasElement }): Spot {
  const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
  const within = (value: number): number => Math.min(1, Math.max(0, value))
  return { x: within((event.clientX - left) / width), y: within((event.clientY - top) / height) }
}

function paint(canvas: HTMLCanvasElement, strokes: readonly Stroke[], pen: Spot | null): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const colour = getComputedStyle(canvas).color
  context.clearRect(0, 0, SIDE, SIDE)
  Object.assign(context, { lineWidth: 1.6 * PEN * SIDE, lineCap: 'round', lineJoin: 'round', strokeStyle: colour })
  for (const stroke of strokes) {
    context.beginPath()
    for (const [i, { x, y }] of stroke.entries()) {
      if (i === 0) context.moveTo(x * SIDE, y * SIDE)
      // A line to where it begins is a dot.
      context.lineTo(x * SIDE, y * SIDE)
    }
    context.stroke()
  }
  if (pen === null) return
  const [x, y] = [(pen.x / STEPS) * SIDE, (pen.y / STEPS) * SIDE]
  Object.assign(context, { lineWidth: 3 })
  context.beginPath()
  context.arc(x, y, PEN * SIDE, 0, 2 * Math.PI)
  context.stroke()
}
