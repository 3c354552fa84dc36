/**
 * A drawn digit as the task knows digits: 32×32 points of ink, counted in blocks of 4×4, which is how the bundled ones
 * were made (E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, 1998).
 */

/** 0 … 1 from the left and from the top of the drawing area. */
export interface Spot {
  readonly x: number
  readonly y: number
}

/** Where the pen went without being lifted; one spot is a dot. */
export type Stroke = readonly Spot[]

const SIDE = 8
const BLOCK = 4
/** Half the pen's width, as a part of the digit's longer side. */
export const PEN = 0.055
/** A drawing that is tiny is not blown up to fill the square: it may be a dot by mistake. */
const LEAST_EXTENT = 0.15

/** @returns 64 pixels in rows, 0 (paper) … 16 (ink); all 0 when nothing was drawn */
export function pixelsOf(strokes: readonly Stroke[]): Uint8Array {
  const pixels = new Uint8Array(SIDE * SIDE)
  const placed = centred(strokes)
  if (placed.length === 0) return pixels
  const points = SIDE * BLOCK
  for (let row = 0; row < points; row++)
    for (let column = 0; column < points; column++) {
      const spot = { x: (column + 0.5) / points, y: (row + 0.5) / points }
      if (placed.some(stroke => touches(stroke, spot)))
        pixels[Math.floor(row / BLOCK) * SIDE + Math.floor(column / BLOCK)]!++
    }
  return pixels
}

/** Moved and scaled so that the ink fills the square in its longer direction. */
function centred(strokes: readonly Stroke[]): Stroke[] {
  const spots = strokes.flat()
  if (spots.length === 0) return []
  const xs = spots.map(spot => spot.x)
  const ys = spots.map(spot => spot.y)
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const extent = Math.max(right - left, bottom - top, LEAST_EXTENT)
  const scale = (1 - 2 * PEN) / extent
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2]
  return strokes.map(stroke =>
    stroke.map(({ x, y }) => ({ x: 0.5 + (x - middleX) * scale, y: 0.5 + (y - middleY) * scale }))
  )
}

function touches(stroke: Stroke, spot: Spot): boolean {
  const first = stroke[0]
  if (first === undefined) return false
  if (stroke.length === 1) return distance(first, first, spot) <= PEN
  return stroke.some((to, i) => i > 0 && distance(stroke[i - 1]!, to, spot) <= PEN)
}

/** From a spot to the segment between two others. */
function distance(from: Spot, to: Spot, spot: Spot): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : ((spot.x - from.x) * dx + (spot.y - from.y) * dy) / length
  const at = Math.min(1, Math.max(0, along))
  return Math.hypot(spot.x - from.x - at * dx, spot.y - from.y - at * dy)
}

/** The digit that is wanted next: of those drawn least often, the smallest. */
export function nextDigit(labels: readonly number[]): number {
  const counts = Array.from({ length: 10 }, (_, digit) => labels.filter(label => label === digit).length)
  return counts.indexOf(Math.min(...counts))
}
