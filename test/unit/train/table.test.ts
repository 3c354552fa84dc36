import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { loadData } from '#src/node/data/index.js'
import { DataError } from '#src/train/error.js'
import { createManifest } from '#src/train/manifest.js'
import { describeTable, loadTable, type TableTask } from '#src/train/table.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** `count` rows of two numbers, a site and a class. */
function table(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${i},7,site ${i % 3},${i % 2 === 0 ? 'no' : 'yes'}`)
  return `age,same,site,ill\n${rows.join('\n')}\n`
}

describe('a table', () => {
  it('is described by its columns of numbers, their mean and deviation, and its classes', () => {
    assert.deepEqual(describeTable(bytes(table(11)), 'ill').task, {
      kind: 'table',
      label: 'ill',
      classes: ['no', 'yes'],
      columns: [
        { name: 'age', center: 5, scale: Math.sqrt(10) },
        { name: 'same', center: 7, scale: 1 }
      ]
    })
  })

  it('is scaled by what the manifest declares, whatever its own figures are', () => {
    const task: TableTask = {
      kind: 'table',
      label: 'ill',
      classes: ['yes', 'no'],
      columns: [
        { name: 'same', center: 5, scale: 4 },
        { name: 'age', center: 0, scale: 2 }
      ]
    }
    const { train, test, classes } = loadTable(bytes(table(20)), task, 1, { groupBy: 'site' })
    const { values, labels, width, groups } = train.samples
    assert.deepEqual([...values.subarray(6, 8)], [0.5, 1.5])
    assert.deepEqual([labels[0], labels[1], width, classes], [1, 0, 2, 2])
    assert.equal(groups?.[4], 'site 1')
    assert.equal(test.rows.length, 4)
    assert.deepEqual(
      [...train.rows, ...test.rows].sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i)
    )
  })

  it('is read with quotes, a byte order mark, CRLF and blank lines', () => {
    const text = `\uFEFF"a, b", ill \r\n${Array.from({ length: 12 }, (_, i) => `"${i}",${i % 2}`).join('\r\n\r\n')}\r\n`
    const { task } = describeTable(bytes(text), 'ill')
    assert.deepEqual(
      task.columns.map(column => column.name),
      ['a, b']
    )
    assert.deepEqual(task.classes, ['0', '1'])
  })

  it('holds out the same rows for every peer with the same seed, others with another', () => {
    const { task } = describeTable(bytes(table(40)), 'ill')
    const held = (seed: number) => loadTable(bytes(table(40)), task, seed).test.rows
    assert.deepEqual(held(1), held(1))
    assert.notDeepEqual(held(1), held(2))
  })

  it('has an example: breast cancer', async () => {
    const path = 'src/train/data/breast-cancer.csv'
    const { task, rows, counts, unused } = describeTable(await readFile(path), 'diagnosis', path)
    assert.equal(task.columns.length, 30)
    assert.deepEqual(task.classes, ['benign', 'malignant'])
    assert.deepEqual({ rows, counts, unused }, { rows: 569, counts: [357, 212], unused: [] })
    const { train, test } = await loadData(task, { path, seed: 1 })
    assert.deepEqual([train.rows.length, test.rows.length], [456, 113])
    createManifest({ task, seed: 1, expectedPeers: 4 })
  })

  const { task } = describeTable(bytes(table(20)), 'ill')
  const wrong: [string, string, RegExp][] = [
    ['an empty file', '', /^t.csv: is empty; it needs a header/],
    ['no rows', 'age,same,ill\n', /has a header and no rows/],
    ['too few rows', table(9), /has 9 samples; at least 10/],
    ['one row', table(1), /has 1 sample; at least 10/],
    ['semicolons', table(20).replaceAll(',', ';'), /^t.csv: seems to have ';' between its cells; save it with commas/],
    ['tabs', table(20).replaceAll(',', '\t'), /^t.csv: seems to have tabs between its cells/],
    ['a picture', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', /^t.csv: is not a text file; CSV in UTF-8 is needed$/],
    [
      'a word among numbers',
      table(20).replace('\n3,7,', '\n3,seven,'),
      /line 5, column 'same' is 'seven', not a finite number; correct/
    ],
    ['NaN', table(20).replace('\n4,', '\nNaN,'), /line 6, column 'age' is 'NaN', not a finite/],
    ['infinity', table(20).replace('\n4,', '\nInfinity,'), /line 6, column 'age' is 'Infinity'/],
    ['a gap', table(20).replace('\n4,', '\n,'), /line 6, column 'age' is empty/],
    [
      'a row that is too short',
      table(20).replace('\n4,7,', '\n4,'),
      /line 6 has 3 cells where the header has 4; every/
    ],
    [
      'a missing column',
      table(20).replace('age', 'years'),
      /has no column 'age'; every peer needs.*years, same, site, ill/
    ],
    ['a missing label', table(20).replace(',ill', ',sick'), /has no column 'ill'/],
    [
      'an unknown class',
      table(20).replace('yes', 'maybe'),
      /line 3, column 'ill' is 'maybe'; this swarm's classes are no, yes/
    ],
    ['an empty class', table(20).replace('yes', ''), /line 3, column 'ill' is empty/],
    ['a column twice', table(20).replace('same', 'age'), /names the column 'age' twice/],
    [
      'an open quote',
      table(20).replace('\n3,', '\n\n"3,'),
      /^t.csv: line 6: a quote is opened and never closed; close it/
    ],
    ['a quote in a cell', table(20).replace('\n3,', '\n3"x",'), /^t.csv: line 5: a quote is in the middle of a cell;/]
  ]
  for (const [name, text, message] of wrong)
    it(`is refused with its place and a remedy: ${name}`, () => {
      assert.throws(
        () => loadTable(bytes(text), task, 1, { file: 't.csv' }),
        (error: unknown) => {
          assert.ok(error instanceof DataError)
          assert.match(error.message, message)
          assert.ok(error.message.split('\n').length <= 2)
          return true
        }
      )
    })

  it('cannot be described without its label, or with nothing to learn', () => {
    assert.throws(
      () => describeTable(bytes(table(20)), 'nope', 't.csv'),
      /has no column 'nope'; name an existing one with --label/
    )
    assert.throws(
      () => describeTable(bytes(',y\n1,a\n2,b\n'), 'y', 't.csv'),
      /column 1 has no name; name it in the header/
    )
    assert.throws(() => describeTable(bytes('x,y\n1,a\n2,a\n'), 'y'), /holds one class, 'a'/)
    assert.throws(() => describeTable(bytes('x,y\nred,a\nblue,b\n'), 'y'), /no column of numbers/)
    assert.throws(() => describeTable(bytes('x,y\n1,a\nblue,b\n'), 'y'), /line 3, column 'x' is 'blue'/)
    assert.throws(() => loadTable(bytes(table(20)), task, 1, { groupBy: 'nope' }), /--partition by:<column>/)
  })
})
