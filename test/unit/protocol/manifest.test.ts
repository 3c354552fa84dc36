import assert from 'node:assert/strict'
import { CID } from 'multiformats/cid'
import { toHex } from '#src/core/bytes.js'
import { keyCheck } from '#src/core/protocol/admission.js'
import {
  checkedInitialParams,
  type Manifest,
  ManifestError,
  manifestBytes,
  parseManifest,
  swarmId
} from '#src/core/protocol/manifest.js'
import { createManifest, type ManifestOptions } from '#src/train/manifest.js'
import { testManifest } from '../../support/flock.js'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Place = readonly (string | number)[]

const plain = (manifest: Manifest) => JSON.parse(JSON.stringify(manifest)) as Json

/** A copy of `value` with `place` replaced; undefined takes it out. */
function changed(value: Json, place: Place, to: Json | undefined): Json {
  const [head, ...rest] = place
  if (head === undefined) return to ?? null
  if (Array.isArray(value)) return value.map((item, i) => (i === head ? changed(item, rest, to) : item))
  const { [head]: old, ...others } = value as { [key: string]: Json }
  if (rest.length === 0 && to === undefined) return others
  return { ...others, [head]: changed(old ?? null, rest, to) }
}

function at(value: Json, place: Place): Json {
  return place.reduce<Json>((inner, key) => (inner as Record<string | number, Json>)[key]!, value)
}

/** Every field, objects included. */
function places(value: Json, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place]
  return [place, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...place, key]))]
}

function refusal(value: Json): ManifestError {
  try {
    parseManifest(value)
  } catch (error) {
    assert.ok(error instanceof ManifestError, String(error))
    return error
  }
  assert.fail(`accepted ${JSON.stringify(value).slice(0, 400)}`)
}

const digits = plain(testManifest())
const listed = plain(
  testManifest({
    admission: { rule: 'list', members: ['1', '2', '3'].map(digit => digit.repeat(64)) },
    stop: { plateau: { epochs: 30, minGain: 0.002 } }
  })
)
const keyed = plain(testManifest({ admission: { rule: 'key', check: keyCheck(new Uint8Array(32)) } }))
const table = changed(
  changed(digits, ['task'], {
    kind: 'table',
    label: 'kind',
    classes: ['a', 'b'],
    columns: [
      { name: 'x', center: 0, scale: 1 },
      { name: 'y', center: -1.5, scale: 2 }
    ]
  }),
  ['model'],
  { kind: 'cnn', input: [8, 8, 1], filters: [16], dense: 32, classes: 10 }
)

describe('a manifest', () => {
  for (const [name, manifest] of Object.entries({ digits, table, listed, keyed })) {
    const all = places(manifest).map(place => place.map(key => (/^\d+$/.test(String(key)) ? Number(key) : key)))
    const fields = all.filter(place => typeof place.at(-1) === 'string')

    it(`of ${name} is taken whole`, () => {
      assert.deepEqual(parseManifest(manifest), manifest)
    })

    it(`of ${name} without any one of its fields is refused, and the field named`, () => {
      for (const place of fields) {
        const error = refusal(changed(manifest, place, undefined))
        assert.equal(error.field, place.join('.'))
        assert.match(error.message, /is missing/, error.message)
      }
    })

    it(`of ${name} with an unknown field anywhere is refused, and the field named`, () => {
      for (const place of all) {
        const value = at(manifest, place)
        if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
        const error = refusal(changed(manifest, [...place, 'surprise'], 1))
        assert.equal(error.field, [...place, 'surprise'].join('.'))
        assert.match(error.message, /not a field of protocol 1/)
      }
    })

    it(`of ${name} with any field out of range or of another type is refused, and the field named`, () => {
      for (const place of all.filter(place => place.length > 0)) {
        const value = at(manifest, place)
        const bad: Json[] = typeof value === 'string' ? ['', 7] : typeof value === 'number' ? [-1e13, 1e300, 'x'] : [7]
        if (
          typeof value === 'number' &&
          Number.isInteger(value) &&
          !/center|scale|learningRate|momentum|maxNorm/.test(place.join('.'))
        )
          bad.push(value + 0.5)
        if (place.join('.') === 'stop') bad.push({ epochs: 0 })
        for (const replacement of bad) {
          const { field } = refusal(changed(manifest, place, replacement))
          assert.ok(
            field === place.join('.') || field.startsWith(`${place.join('.')}.`),
            `${field}, not ${place.join('.')}`
          )
        }
      }
      assert.equal(refusal(7).field, 'manifest')
      assert.equal(refusal(null).field, 'manifest')
    })
  }

  it('is refused when fields contradict each other, and one of them named', () => {
    const cases: [Place, Json, string][] = [
      [['lots'], { drawn: 16, minBits: 3, maxBits: 2 }, 'lots.maxBits'],
      [['clock', 'minEpochMs'], 6000, 'clock.maxEpochMs'],
      [['limits', 'retentionEpochs'], 15, 'limits.retentionEpochs'],
      [['limits', 'maxWeight'], 4097, 'limits'],
      [['admission'], { rule: 'list', members: ['2', '1'].map(digit => digit.repeat(64)) }, 'admission.members'],
      [['admission'], { rule: 'list', members: ['1', '1'].map(digit => digit.repeat(64)) }, 'admission.members'],
      [['admission'], { rule: 'list', members: [] }, 'admission.members'],
      [['admission'], { rule: 'list', members: ['A'.repeat(64)] }, 'admission.members.0'],
      [['admission'], { rule: 'key', check: 'ab' }, 'admission.check'],
      [['admission'], { rule: 'friends' }, 'admission.rule'],
      [['params', 'tensors'], [{ name: 'w', shape: [2 ** 20, 65], initLimit: 0 }], 'params.tensors'],
      [['params', 'tensors'], [{ name: 'w', shape: [2 ** 26, 2 ** 26, 2 ** 26], initLimit: 0 }], 'params.tensors']
    ]
    for (const [place, value, field] of cases) assert.equal(refusal(changed(digits, place, value)).field, field)
    const columns = (...names: string[]) => names.map(name => ({ name, center: 0, scale: 1 }))
    assert.equal(refusal(changed(table, ['task', 'columns'], columns('x', 'x'))).field, 'task.columns')
    assert.equal(refusal(changed(table, ['task', 'columns'], columns('x', 'kind'))).field, 'task.columns')
    assert.equal(refusal(changed(table, ['task', 'classes'], ['a', 'a'])).field, 'task.classes')
    // The largest sum is 2^53 − 1: every one below it is exact.
    parseManifest(changed(digits, ['limits', 'maxWeight'], 4096))
  })

  it('has names that can be printed: a stranger may have written them', () => {
    const named: [Json, Place][] = [
      [digits, ['name']],
      [digits, ['params', 'tensors', 0, 'name']],
      [table, ['task', 'label']],
      [table, ['task', 'classes', 1]],
      [table, ['task', 'columns', 0, 'name']]
    ]
    for (const [manifest, place] of named) {
      for (const bad of ['a\u001b[31mred', 'a\nb', 'a\tb', 'a\u0000', 'a\u009b1m', 'a\u2028b', 'a\u202eb', '\ud800']) {
        const error = refusal(changed(manifest, place, bad))
        assert.equal(error.field, place.join('.'))
        assert.match(error.message, /: holds a character that cannot be printed$/)
      }
      for (const good of ['Größe [cm]', '直径', '🐦‍⬛ flock']) parseManifest(changed(manifest, place, good))
    }
  })

  it('that is refused puts nothing raw on the terminal', () => {
    for (const value of [
      changed(digits, ['a\u001b[31mred'], 1),
      changed(digits, ['task'], { kind: '\u001b[2J' }),
      changed(digits, ['admission'], 'a\nb\u009b')
    ]) {
      assert.doesNotMatch(refusal(value).message, /\p{Cc}/u)
    }
  })

  it("whose x0 is not the seed's is refused", () => {
    assert.doesNotThrow(() => checkedInitialParams(testManifest()))
    const other = parseManifest(changed(digits, ['seed'], 2))
    assert.throws(() => checkedInitialParams(other), { name: 'ManifestError', field: 'params.digest' })
  })

  it('whose x0 is given takes the one with its digest, and no other', () => {
    const given = () => parseManifest(changed(digits, ['params', 'start'], 'given'))
    const x0 = checkedInitialParams(testManifest())
    assert.throws(() => checkedInitialParams(given()), { name: 'ManifestError', field: 'params.start' })
    assert.throws(() => checkedInitialParams(given(), x0.slice(1)), { name: 'ManifestError', field: 'params.start' })
    const other = x0.slice()
    other[7]! += 1
    assert.throws(() => checkedInitialParams(given(), other), { name: 'ManifestError', field: 'params.digest' })
    const manifest = given()
    assert.equal(checkedInitialParams(manifest, x0), x0)
    assert.equal(checkedInitialParams(manifest), x0)
  })

  it('is made to go on from a trained model', () => {
    const x0 = Float64Array.from({ length: 650 }, (_, i) => i - 300)
    const options = (start: Float64Array): ManifestOptions => ({
      task: { kind: 'digits' },
      model: { kind: 'mlp', inputs: 64, hidden: [], classes: 10 },
      seed: 1,
      expectedPeers: 2,
      start
    })
    const manifest = createManifest(options(x0))
    assert.equal(manifest.params.start, 'given')
    assert.equal(checkedInitialParams(manifest), x0)
    assert.throws(() => createManifest(options(x0.slice(1))), { name: 'ManifestError', field: 'params.start' })
  })

  it('has one id, whatever the order of its fields, and another for every change', () => {
    const reversed = (value: Json): Json =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inner]) => [key, reversed(inner)])
          )
    const id = swarmId(parseManifest(digits))
    assert.equal(swarmId(parseManifest(reversed(digits))), id)
    assert.notEqual(swarmId(parseManifest(changed(digits, ['name'], 'other'))), id)
    assert.notEqual(swarmId(parseManifest(changed(digits, ['training', 'optimizer', 'momentum'], 0.91))), id)
    const cid = CID.parse(id)
    assert.equal(cid.version, 1)
    assert.equal(cid.code, 0x71)
    assert.equal(toHex(cid.multihash.digest).length, 64)
    assert.ok(manifestBytes(parseManifest(digits)).length < 1500)
  })
})
