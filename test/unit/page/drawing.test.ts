import assert from 'node:assert/strict'
import fc from 'fast-check'
import { nextDigit, pixelsOf, type Stroke } from '#src/browser/page/words/drawing.js'

const stroke = fc.array(
  fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { minLength: 1, maxLength: 20 }
)

function rows(pixels: Uint8Array): number[] {
  return Array.from({ length: 8 }, (_, row) => pixels.slice(8 * row, 8 * row + 8).reduce((sum, ink) => sum + ink, 0))
}

describe('a drawn digit', () => {
  it('is 64 pixels from 0 to 16, whatever was drawn', () => {
    fc.assert(
      fc.property(fc.array(stroke, { maxLength: 5 }), strokes => {
        const pixels = pixelsOf(strokes)
        assert.equal(pixels.length, 64)
        assert.ok(pixels.every(ink => ink <= 16))
        assert.equal(
          pixels.some(ink => ink > 0),
          strokes.length > 0
        )
      }),
      { numRuns: 50 }
    )
  })

  it('fills the square, so that a small one in a corner is the same as a big one', () => {
    const one: Stroke = [
      { x: 0.5, y: 0.1 },
      { x: 0.5, y: 0.9 }
    ]
    const small = one.map(({ x, y }) => ({ x: 0.7 + x * 0.25, y: y * 0.25 }))
    const pixels = pixelsOf([one])
    assert.deepEqual(pixelsOf([small]), pixels)
    // A line from top to bottom, in the middle columns only.
    assert.ok(rows(pixels).every(ink => ink > 0))
    assert.ok(pixels.every((ink, i) => ink === 0 || i % 8 === 3 || i % 8 === 4))
  })

  it('keeps left and right, top and bottom apart', () => {
    const corner: Stroke = [
      { x: 0.1, y: 0.1 },
      { x: 0.1, y: 0.9 },
      { x: 0.9, y: 0.9 }
    ]
    const pixels = pixelsOf([corner])
    assert.ok(pixels[0]! > 0 && pixels[56]! > 0 && pixels[63]! > 0)
    assert.equal(pixels[7], 0)
  })

  it('leaves a dot small', () => {
    const pixels = pixelsOf([[{ x: 0.2, y: 0.8 }]])
    assert.ok(pixels.filter(ink => ink > 0).length <= 4)
  })

  it('asks for each digit in turn, and again for those that are rare', () => {
    const drawn: number[] = []
    for (let i = 0; i < 12; i++) drawn.push(nextDigit(drawn))
    assert.deepEqual(drawn, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    assert.equal(nextDigit([0, 0, 1, 2, 4]), 3)
  })
})
