import assert from 'node:assert/strict'
import { killAll, records, summaryOf } from '../e2e/starlings.js'
import { brokenRules, picture } from '../support/axe.js'
import { foreign } from '../support/page.js'
import { requireStage } from '../support/require.js'
import { createStage, figure, introduce, type Stage, status, takePart } from '../support/stage.js'

describe('a page and a Node peer', () => {
  let stage: Stage

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone')
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('train together from an invite on, and end with the same model', async () => {
    const node = await introduce(stage, 'computer', {
      create: ['--epochs', '12', '--expected-peers', '2'],
      node: ['--shard', '1/2', '--json', '--linger', '60']
    })
    const { page, errors, requests, close } = await stage.open('phone', node.invite, { size: 'phone' })
    await page.locator('main[data-screen="invitation"]').waitFor({ timeout: 60_000 })
    await picture(page, 'real-invitation-phone')
    assert.deepEqual(await brokenRules(page), [])
    await takePart(page)
    await status(page, /Training together/)
    await picture(page, 'real-training-phone')
    await status(page, /Done/)
    const state = await figure(page, 'State')
    await picture(page, 'real-done-phone')
    await node.stop()
    const { stdout, stderr, code } = await node.running.ended
    assert.equal(code, 0, stderr)
    const { digest, epochs } = summaryOf(records(stdout))
    assert.equal(epochs, 12)
    assert.match(state, /^[0-9a-f]{8}$/)
    assert.equal(digest?.slice(0, 8), state)
    assert.deepEqual(errors, [])
    assert.deepEqual(foreign(requests, page.url()), [])
    await close()
  })
})
