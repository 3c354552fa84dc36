import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { killAll } from '../e2e/starlings.js'
import { ownErrors, until } from '../support/page.js'
import { requireStage } from '../support/require.js'
import { createStage, epoch, figure, figureBecomes, introduce, type Stage, status, takePart } from '../support/stage.js'

/** Device to device, as the page says it. */
const DIRECT = /by WebRTC[,;]/

/** How the page says it is connected, in the list under the picture. */
const connections = (page: Page): Promise<string[]> => page.locator('ul.peers li').allTextContents()

describe('two pages whose introducer is gone', () => {
  let stage: Stage

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone', 'tablet')
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('go on training together, device to device, and hold the same model', async () => {
    const node = await introduce(stage, 'computer', { create: ['--forever', '--expected-peers', '2'] })
    const opened = await Promise.all([stage.open('phone', node.invite), stage.open('tablet', node.invite)])
    const pages = opened.map(({ page }) => page)
    for (const page of pages) await takePart(page)
    // Two neighbours each: the node, and the other page by WebRTC.
    for (const page of pages) {
      await page.locator('ul.peers li', { hasText: DIRECT }).waitFor({ state: 'attached', timeout: 120_000 })
    }
    await node.stop('SIGKILL')
    for (const page of pages) {
      await until(page, 'document.querySelectorAll("ul.peers li").length === 2')
      assert.match((await connections(page)).join('\n'), DIRECT)
    }
    const [a, b] = pages
    const before = await epoch(a!, 1)
    for (const page of pages) await epoch(page, before + 5)
    for (const page of pages) await status(page, /Training together/)
    // When nobody adds anything any more, both come to hold the same.
    for (const page of pages) await page.getByRole('button', { name: 'Pause' }).click()
    for (const page of pages) await status(page, /Paused/)
    // What was on its way when they were paused may still come to either.
    let state = ''
    do {
      state = await figure(a!, 'State')
      assert.match(state, /^[0-9a-f]{8}$/)
    } while (
      !(await figureBecomes(b!, 'State', state, 10_000).then(
        () => true,
        () => false
      ))
    )
    for (const page of pages) await status(page, /Paused/)
    for (const { errors, close } of opened) {
      assert.deepEqual(ownErrors(errors), [])
      await close()
    }
  })
})
