/** Accuracy over epochs of however long a training: few enough points to draw, evenly spread over all of it. */
import type { Point } from './session.js'

/** Fewer than these. A chart shows no more of them, and all are copied with each view. */
const MAX_POINTS = 800

/**
 * Epochs fall into stretches of 1, 2, 4, … of them, of which there are as many as there is room for; of each the first point
 * stays, and the newest of all. Longer stretches begin where shorter ones did, so what is kept hangs on the epochs alone,
 * not on when it was thinned out, and the beginning of a long training does not fade.
 */
export class Curve {
  /** Ascending. */
  #points: Point[] = []
  /** What was handed out since the last change. */
  #shown: readonly Point[] | undefined

  /** @param points of an earlier visit */
  constructor(points: readonly Point[] = []) {
    for (const point of points) this.add(point)
  }

  /** An epoch that is trained again counts instead of what stood there, and what came after it is forgotten. */
  add(point: Point): void {
    const points = this.#points
    while (points.length > 0 && points.at(-1)!.epoch >= point.epoch) points.pop()
    const first = points[0]?.epoch ?? point.epoch
    const stretch = (epoch: number, length: number): number => Math.floor((epoch - first) / length)
    const length = stretchLength(point.epoch - first)
    if (points.length > 1 && stretch(points.at(-1)!.epoch, length) === stretch(points.at(-2)!.epoch, length))
      points.pop()
    points.push(point)
    if (points.length === MAX_POINTS)
      this.#points = points.filter(
        ({ epoch }, i) =>
          i === 0 || i === points.length - 1 || stretch(epoch, length) !== stretch(points[i - 1]!.epoch, length)
      )
    this.#shown = undefined
  }

  /** The same array until something is added. */
  get points(): readonly Point[] {
    this.#shown ??= [...this.#points]
    return this.#shown
  }
}

/** @param span epochs from the first point to the newest */
function stretchLength(span: number): number {
  let length = 1
  // One place is the newest's, wherever it falls.
  while (Math.floor(span / length) >= MAX_POINTS - 2) length *= 2
  return length
}
