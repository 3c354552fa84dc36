import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type AccuracyPoint, accuracyByEpoch, renderAccuracyPlot } from '#src/node/report/plot.js'

const point = (epochs: number, mean: number): AccuracyPoint => ({ epochs, mean, min: mean / 2, max: (1 + mean) / 2 })
const bytes = { payloadBytesReceivedPerPeer: 1_720_000, denseBytesPerPeer: 366_000_000 }

/** Tags that are closed in order, attributes in quotes. */
function assertWellFormed(svg: string): void {
  const open: string[] = []
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>/g,
    (_, close, name, _attributes, empty) => {
      if (close !== '') assert.equal(open.pop(), name)
      else if (empty === '') open.push(name)
      return ''
    }
  )
  assert.deepEqual(open, [])
  assert.doesNotMatch(rest, /[<>]|&(?!(amp|lt|gt|quot);)/)
}

describe('report: the plot', () => {
  it('is a whole document with title, axes, both lines, the band and the bytes', () => {
    const svg = renderAccuracyPlot({
      title: 'table <b> & "c"',
      swarm: [point(1, 0.2), point(30, 0.8), point(60, 0.96)],
      alone: [point(1, 0.2), point(60, 0.43)],
      ...bytes
    })
    assertWellFormed(svg)
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    for (const text of [
      'table &lt;b&gt; &amp; &quot;c&quot;',
      '1.72 MB',
      '366 MB',
      'swarm 96.0 %',
      'alone 43.0 %',
      '100 %',
      '>60<'
    ]) {
      assert.ok(svg.includes(text), text)
    }
    assert.equal(svg.match(/<polyline/g)?.length, 2)
  })

  it('stays on the page and readable whatever it is given', () => {
    const series = fc
      .array(fc.tuple(fc.nat(100_000), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 20 })
      .map(pairs => pairs.map(([epochs, mean]) => point(epochs, mean)).sort((a, b) => a.epochs - b.epochs))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), series, series, (title, swarm, alone) => {
        const svg = renderAccuracyPlot({ title, swarm, alone, ...bytes })
        assertWellFormed(svg)
        assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
        const labels = [...svg.matchAll(/y="([0-9.]+)" font-size="1[03]"(?: font-weight="600")? fill="#/g)].map(match =>
          Number(match[1])
        )
        for (const y of labels) assert.ok(y > 40 && y < 386, String(y))
      })
    )
  })

  it('groups records by epoch; a peer without a new value counts with its last', () => {
    const records = [
      { peer: 0, epoch: 0, accuracy: 0.1 },
      { peer: 1, epoch: 0, accuracy: 0.3 },
      { peer: 1, epoch: 4, accuracy: 0.5 },
      { peer: 0, epoch: 2, accuracy: null },
      { peer: 0, epoch: 9, accuracy: 0.7 },
      { peer: 1, epoch: 9, accuracy: 0.9 }
    ]
    const rounded = accuracyByEpoch(records).map(entry => ({ ...entry, mean: Number(entry.mean.toFixed(9)) }))
    assert.deepEqual(rounded, [
      { epochs: 1, mean: 0.2, min: 0.1, max: 0.3 },
      { epochs: 5, mean: 0.3, min: 0.1, max: 0.5 },
      { epochs: 10, mean: 0.8, min: 0.7, max: 0.9 }
    ])
    assert.deepEqual(accuracyByEpoch([]), [])
  })
})
