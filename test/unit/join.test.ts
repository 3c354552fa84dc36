import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { fromHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { shortId } from '#src/core/protocol/short-id.js'
import { aboutSwarm } from '#src/node/join/about-swarm.js'
import { askConsent, type Choice } from '#src/node/join/consent.js'
import { nobodyAnswers, refusalsInWords } from '#src/node/join/no-answer.js'
import { qrCode } from '#src/node/join/qr.js'
import { homeForSwarm, theHome, theHomeIfAny } from '#src/node/store/homes.js'
import { createManifest } from '#src/train/manifest.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'

const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2 })

describe('somebody who is invited', () => {
  const answering = (...answers: readonly string[]) => answeringAbout(manifest, ...answers)

  /** Types these lines, one for each question; then the input ends. */
  async function answeringAbout(manifest: Manifest, ...answers: readonly string[]) {
    const said: string[] = []
    const input = Object.assign(new PassThrough(), { isTTY: true })
    const output = new PassThrough({ encoding: 'utf8' })
    let asked = ''
    output.on('data', (text: string) => {
      asked += text
      if (!/(: |\] )$/.test(text)) return
      const answer = answers[questions++]
      if (answer === undefined) input.end()
      else input.write(`${answer}\n`)
    })
    let questions = 0
    const choice: Choice | undefined | Error = await askConsent({
      manifest,
      data: undefined,
      yes: false,
      say: line => said.push(line),
      signal: new AbortController().signal,
      terminal: { input, output }
    }).catch((error: Error) => error)
    return { choice, said: said.join('\n'), asked }
  }

  it('is told the id that the maker of a list needs', () => {
    const text = refusalsInWords([{ words: 'refused' }, { words: 'refused' }], '12D3KooWme')
    assert.equal(text, "nobody whom the invite leads to lets this peer in:\n  refused\nthis peer's id is 12D3KooWme")
  })

  it('is asked for data until it can be read, and then for consent', async () => {
    const { choice, said, asked } = await answering('/no such file', '', 'y')
    assert.deepEqual(choice, { data: undefined })
    assert.match(said, /no such file.*does not exist[\s\S]*1,438 samples to train on, 359 to test with/)
    assert.equal(asked.match(/Path of your data/g)?.length, 2)
    assert.match(asked, /Take part now\? \[y\/N\] $/)
  })

  it('is told what is missing where no data comes with Starlings', async () => {
    const task = { kind: 'table', label: 'diagnosis', classes: ['M', 'B'], columns: [] } as const
    const about = { ...manifest, task: { ...task, classes: ['M', 'B'], columns: [] } }
    const { said, asked } = await answeringAbout(about, '', '~/no such file')
    assert.match(asked, /^Path of your CSV file: .*Path of your CSV file: /s)
    assert.match(said, /^this swarm learns from data of yours only/)
    assert.ok(said.includes(`${homedir()}/no such file: does not exist`), said)
  })

  it('takes no part unless that was said', async () => {
    for (const answer of ['', 'n', 'yo', 'Y!']) assert.equal((await answering('', answer)).choice, undefined, answer)
    for (const answer of ['y', 'Y', 'yes', ' YES ']) assert.ok((await answering('', answer)).choice, answer)
    const { choice } = await answering('')
    assert.ok(choice instanceof Error && choice.name === 'Interrupted', 'the input ended')
  })

  it('is told what the swarm trains, who takes part and what others see', () => {
    const words = shortId(digest(Uint8Array.of(1)))
    const text = (changed: Partial<typeof manifest>, participants = 3): string =>
      aboutSwarm({ manifest: { ...manifest, ...changed }, words, participants, epoch: 12 }).join('\n')
    const open = text({})
    assert.match(open, new RegExp(`^digits: ${words.join(' ')}$`, 'm'))
    assert.match(
      open,
      /^trains {3}a model that reads handwritten digits .* mlp with 4,810 parameters, for 70 epochs; now in epoch 12$/m
    )
    assert.match(open, /^with {5}3 peers now; everybody who has an invite can take part$/m)
    assert.match(open, /how many samples you have \(up to 4,096, the weight of your updates\)/)
    assert.match(text({ admission: { rule: 'key', check: '' } }, 1), /^with {5}1 peer now; private/m)
    assert.match(text({ admission: { rule: 'list', members: ['a', 'b'] } }), /only the 2 peers on its list/)
    assert.match(
      text({ aggregation: { ...manifest.aggregation, weighting: 'equal' } }),
      /not how many samples you have/
    )
    assert.match(text({ stop: { epochs: null, plateau: null } }), /without end/)
    const table = { kind: 'table', label: 'diagnosis', classes: ['M', 'B'], columns: [] } as const
    assert.match(
      text({ task: { ...table, classes: ['M', 'B'], columns: [] } }),
      /tells diagnosis \(M, B\) from 0 columns/
    )
  })

  it('is told whom the invite names when nobody answers, and when it has gone stale', () => {
    const key = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
    const peers = [
      { key, addresses: ['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'] }
    ]
    const invite = { swarm: digest(fromHex(key)), key: null, staleDay: 20_000, peers: [] }
    const told = (now: number): string => nobodyAnswers(peers, invite, now).join('\n')
    assert.match(
      told(0),
      /nobody in the invite answers yet; tried:\n {2}12D3Koo\w+\n {4}\/ip4\/192\.0\.2\.7\/tcp\/4001\n/
    )
    assert.doesNotMatch(told(20_000 * 86_400_000 - 1), /gone stale/)
    assert.match(told(20_000 * 86_400_000), /gone stale/)
  })
})

describe('the home of a peer that was given none', () => {
  let folder: string
  const before_ = process.env.HOME
  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    process.env.HOME = folder
  })
  afterEach(async () => {
    if (before_ === undefined) delete process.env.HOME
    else process.env.HOME = before_
    await removeFolder(folder)
  })

  it('has the name of its swarm, and is the one that commands are about while it is the only one', async function () {
    // Elsewhere the folder of a user is found otherwise.
    if (homedir() !== folder) this.skip()
    const swarm = digest(Uint8Array.of(1))
    const first = homeForSwarm(swarm)
    assert.equal(first, join(folder, '.starlings', shortId(swarm).slice(0, 3).join('-')))
    await assert.rejects(theHome(undefined), /which node\? Name its home with --home DIR, the folder/)
    await mkdir(first, { recursive: true })
    await assert.rejects(theHome(undefined), { name: 'UsageError' })
    assert.equal(await theHomeIfAny(), undefined)
    await writeFile(join(first, 'home.json'), '{}')
    assert.equal(await theHome(undefined), first)
    assert.equal(await theHomeIfAny(), first)
    assert.equal(await theHome('other'), 'other')
    const second = homeForSwarm(digest(Uint8Array.of(2)))
    await mkdir(second)
    await writeFile(join(second, 'home.json'), '{}')
    await assert.rejects(theHome(undefined), /which node\? .* there are .*, .*/)
  })
})

describe('a QR code', () => {
  it('is drawn where it has room, and nowhere else', () => {
    const code = qrCode('starlings:AQE', 80) ?? ''
    const lines = code.split('\n').map(line => stripVTControlCharacters(line))
    const width = lines[0]?.length ?? 0
    assert.ok(lines.every(line => line.length === width))
    assert.ok(Math.ceil(width / 2) === lines.length, 'two modules in a line')
    assert.ok(qrCode('starlings:AQE', width))
    assert.equal(qrCode('starlings:AQE', width - 1), undefined)
  })
})
