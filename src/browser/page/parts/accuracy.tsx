/** Accuracy over epochs, own alone against together; as a chart, as a sentence, and as a table. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import type { Point, View } from '../../engine/session.js'
import { chartData, chartEnd, tableRows } from '../words/chart.js'
import { percent } from '../words/format.js'
import { accuracyInWords } from '../words/view.js'
import { Card } from './basics.js'

/** CSS pixels; reserved before there is anything to draw, so that nothing jumps. */
const HEIGHT = 220

export function AccuracyCard({ view }: { readonly view: View }) {
  const now = view.together.at(-1)
  const own = view.alone.at(-1)
  // Twenty rows that nobody sees would be made anew with every view.
  const [isTableOpen, setTableOpen] = useState(false)
  return (
    <Card title="Accuracy" id="accuracy">
      <div class="scores">
        <Score name="Together" kind="together" point={now} />
        {(own !== undefined || view.alone.length > 0) && <Score name="Alone" kind="alone" point={own} />}
      </div>
      <div class="chart" role="img" aria-label={accuracyInWords(view)}>
        <Chart together={view.together} alone={view.alone} epochs={view.epochs} />
        {now === undefined && <p class="chart-empty">The first measurement comes with the first epochs.</p>}
      </div>
      <p class="small">Tested on samples that this device does not train on.</p>
      {now !== undefined && (
        <details onToggle={event => setTableOpen(event.currentTarget.open)}>
          <summary>As a table</summary>
          {isTableOpen && <Table view={view} />}
        </details>
      )}
    </Card>
  )
}

function Table({ view }: { readonly view: View }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Epoch</th>
          <th scope="col">Together</th>
          <th scope="col">Alone</th>
        </tr>
      </thead>
      <tbody>
        {tableRows(view.together, view.alone).map(({ epoch, together, alone }) => (
          <tr key={epoch}>
            <th scope="row">{epoch}</th>
            <td>{together === null ? '–' : percent(together)}</td>
            <td>{alone === null ? '–' : percent(alone)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Score({ name, kind, point }: { name: string; kind: 'together' | 'alone'; point: Point | undefined }) {
  return (
    <p class={`score ${kind}`}>
      <span class="score-name">
        <svg width="22" height="8" aria-hidden="true" focusable="false">
          <line x1="1" y1="4" x2="21" y2="4" />
        </svg>
        {name}
      </span>
      <span class="score-value">{point === undefined ? '–' : percent(point.accuracy)}</span>
    </p>
  )
}

interface ChartProps {
  readonly together: readonly Point[]
  readonly alone: readonly Point[]
  readonly epochs: number | null
}

function Chart({ together, alone, epochs }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const data = useMemo(() => chartData(together, alone), [together, alone])
  const newest = useRef(data)
  newest.current = data

  useEffect(() => {
    const box = place.current
    if (box === null) return
    const draw = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsFor(box, epochs), newest.current, box)
    }
    draw()
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height: HEIGHT }))
    resized.observe(box)
    // Canvas knows nothing of style sheets: other colours are another drawing.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      scheme.removeEventListener('change', draw)
      resized.disconnect()
      plot.current?.destroy()
      plot.current = null
    }
  }, [epochs])

  useEffect(() => plot.current?.setData(data), [data])
  return <div ref={place} class="plot" />
}

function optionsFor(box: HTMLElement, epochs: number | null): uPlot.Options {
  const style = getComputedStyle(box)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const font = `12px ${style.fontFamily}`
  const axis = { stroke: colour('--muted'), font, ticks: { show: false }, grid: { stroke: colour('--line'), width: 1 } }
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_plot, _least, most) => [0, chartEnd(most ?? 0, epochs)] },
      y: { range: [0, 1] }
    },
    axes: [
      { ...axis, size: 28, gap: 4, grid: { show: false } },
      { ...axis, size: 48, gap: 4, splits: [0, 0.25, 0.5, 0.75, 1], values: (_plot, at) => at.map(y => `${100 * y} %`) }
    ],
    series: [
      {},
      { stroke: colour('--alone'), width: 2, dash: [5, 4], spanGaps: true, points: { show: false } },
      { stroke: colour('--together'), width: 2.5, spanGaps: true, points: { show: false } }
    ]
  }
}
