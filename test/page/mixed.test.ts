import assert from 'node:assert/strict'
import { killAll, records, summaryOf } from '../e2e/starlings.js'
import { picture } from '../support/axe.js'
import { requireStage } from '../support/require.js'
import { createStage, figure, introduce, member, type Stage, status, takePart } from '../support/stage.js'

const NODES = 8
const PAGES = 4
const EPOCHS = 30

describe(`a swarm of ${NODES} Node peers and ${PAGES} pages`, () => {
  let stage: Stage

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone', 'laptop')
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('ends with equal digests', async function () {
    this.timeout(300_000)
    const flags = (i: number) => ['--shard', `${i}/${NODES}`, '--json', '--linger', '120']
    const first = await introduce(stage, 'computer', {
      create: ['--epochs', String(EPOCHS), '--expected-peers', String(NODES + PAGES)],
      node: flags(1)
    })
    const swarm = `${stage.folder}/home-computer/manifest.json`
    const address = await first.running.line(text => /^ +\/ip4\/10\..*\/tcp\/\d+\/p2p\/\w+$/.test(text))
    const others = await Promise.all(
      Array.from({ length: NODES - 1 }, (_, i) =>
        member(stage, 'computer', '--swarm', swarm, '--peer', address.trim(), ...flags(i + 2))
      )
    )
    const pages = await Promise.all(
      ['phone', 'laptop', 'phone', 'laptop'].map(async label => (await stage.open(label, first.invite)).page)
    )
    await Promise.all(pages.map(page => takePart(page)))
    for (const page of pages) await status(page, /Done/, 280_000)
    const states = await Promise.all(pages.map(page => figure(page, 'State')))
    await picture(pages[0]!, 'real-mixed-desktop')
    const ends = await Promise.all(
      [first, ...others].map(async node => {
        await node.running.line(text => text.startsWith('model digest'))
        await node.stop()
        const { stdout, stderr, code } = await node.running.ended
        assert.equal(code, 0, stderr)
        return summaryOf(records(stdout)).digest?.slice(0, 8)
      })
    )
    assert.equal(new Set([...states, ...ends]).size, 1, `${[...states, ...ends]}`)
  })
})
