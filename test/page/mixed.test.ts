import assert from 'node:assert/strict'
import { killAll, records, summaryOf } from '../e2e/starlings.js'
import { picture } from '../support/axe.js'
import { requireStage } from '../support/require.js'
import {
  createStage,
  figure,
  type Introducer,
  introduce,
  member,
  type Stage,
  status,
  takePart
} from '../support/stage.js'

const NODES = 8
const PAGES = 4
const EPOCHS = 30

/** Of the model that a node told of last, its first digits. */
function toldDigest({ running }: Introducer): string | undefined {
  return /.*^model digest (\w{8})/ms.exec(running.output().stderr)?.[1]
}

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
    const nodes = [first, ...others]
    // An update that came too late for its epoch may still be on its way to some.
    let all: readonly (string | undefined)[]
    do {
      await new Promise(resolve => setTimeout(resolve, 500))
      all = [...(await Promise.all(pages.map(page => figure(page, 'State')))), ...nodes.map(toldDigest)]
    } while (new Set(all).size > 1)
    assert.match(`${all[0]}`, /^[0-9a-f]{8}$/)
    for (const page of pages) await status(page, /Done/)
    await picture(pages[0]!, 'real-mixed-desktop')
    for (const node of nodes) {
      await node.stop()
      const { stdout, stderr, code } = await node.running.ended
      assert.equal(code, 0, stderr)
      assert.equal(summaryOf(records(stdout)).digest?.slice(0, 8), all[0])
    }
  })
})
