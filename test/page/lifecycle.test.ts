import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { killAll } from '../e2e/starlings.js'
import { picture } from '../support/axe.js'
import { freeze } from '../support/chromium.js'
import { type OpenedPage, ownErrors } from '../support/page.js'
import { requireStage } from '../support/require.js'
import {
  createStage,
  epoch,
  figure,
  figureBecomes,
  type Introducer,
  introduce,
  member,
  type Stage,
  status,
  takePart
} from '../support/stage.js'

/** Epoch that a Node peer closed last, as its records say. */
function nodeEpoch(node: Introducer): number {
  const last = node.running.output().stdout.trimEnd().split('\n').at(-1) ?? ''
  return last.startsWith('{') ? Number((JSON.parse(last) as { epoch?: number }).epoch ?? -1) : -1
}

/** Waits for the record of an epoch. */
const nodeReaches = (node: Introducer, least: number): Promise<string> =>
  node.running.line(
    line => line.startsWith('{"type":"epoch"') && (JSON.parse(line) as { epoch: number }).epoch >= least
  )

describe('a page in the life of a phone', () => {
  let stage: Stage
  let node: Introducer
  let opened: OpenedPage
  let page: Page

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone')
    node = await introduce(stage, 'computer', {
      create: ['--forever', '--expected-peers', '3'],
      node: ['--shard', '1/2', '--json']
    })
    // Two, so that they go on at their pace while the page is away.
    const address = await node.running.line(text => /^ +\/ip4\/10\..*\/tcp\/\d+\/p2p\/\w+$/.test(text))
    const manifest = `${stage.folder}/home-computer/manifest.json`
    await member(stage, 'computer', '--swarm', manifest, '--peer', address.trim(), '--shard', '2/2')
    opened = await stage.open('phone', node.invite, { size: 'phone' })
    page = opened.page
    await takePart(page)
    await epoch(page, 2)
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('is reloaded: it goes on as the same peer where it stood, with what it had not sent yet', async () => {
    await figureBecomes(page, 'Waiting to be sent', /^[1-9]/)
    await page.getByRole('button', { name: 'Pause' }).click()
    await status(page, /Paused/)
    // What was being trained is in by then; the others go on, and it follows them.
    await epoch(page, (await epoch(page, 1)) + 3)
    const before = { epoch: await epoch(page, 1), residual: await figure(page, 'Waiting to be sent') }
    assert.match(before.residual, /^[1-9]/)
    await page.reload()
    await status(page, /Paused/)
    assert.ok((await epoch(page, before.epoch)) >= before.epoch)
    await figureBecomes(page, 'Waiting to be sent', before.residual)
    await page.getByRole('button', { name: 'Go on' }).click()
    await status(page, /Training together/)
    await epoch(page, before.epoch + 3)
  })

  it('is frozen while the others go on: it comes back and catches up', async () => {
    const thaw = await freeze(await stage.browser('phone'))
    // So long that they have let go of it, which a page is not told.
    const before = nodeEpoch(node)
    await node.running.line(line => {
      if (!line.startsWith('{"type":"epoch"')) return false
      const { epoch, neighbours } = JSON.parse(line) as { epoch: number; neighbours: number }
      return epoch > before && neighbours === 1
    })
    thaw()
    await epoch(page, nodeEpoch(node))
    await status(page, /Training together/)
  })

  it('is offline for a while: it says so, and goes on by itself', async () => {
    const phone = stage.machine('phone')
    phone.run('ip', 'link', 'set', 'eth0', 'down')
    await status(page, /Offline/)
    await picture(page, 'real-offline-phone')
    await nodeReaches(node, nodeEpoch(node) + 5)
    phone.run('ip', 'link', 'set', 'eth0', 'up')
    phone.route('10.1.0.254')
    await status(page, /Training together/)
    await epoch(page, nodeEpoch(node))
  })

  it('loses the thread of its peer: it says so, starts another, and goes on as the same peer', async () => {
    const before = await epoch(page, 1)
    // It fails, and answers nothing any more that it is asked before it is replaced.
    for (const worker of page.workers())
      await worker.evaluate(`self.name === 'peer' && void setTimeout(() => {
        setTimeout(() => { for (;;); })
        throw new Error('lost on purpose')
      })`)
    await page.getByText(/A thread of the page failed: .*lost on purpose/).waitFor()
    await epoch(page, before + 20)
    await status(page, /Training together/)
    assert.deepEqual(
      ownErrors(opened.errors).filter(error => !error.includes('lost on purpose')),
      []
    )
    opened.errors.length = 0
  })

  it('is opened without any network: it shows how things stood', async () => {
    await epoch(page, 10)
    const host = await stage.host('phone')
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    stage.machine('phone').run('ip', 'link', 'set', 'eth0', 'down')
    await host.stop()
    await page.reload()
    await page.locator('main[data-screen="swarm"], main[data-screen="last"]').waitFor()
    await picture(page, 'real-last-state-phone')
    assert.match((await page.locator('main').textContent()) ?? '', /Epoch\s*[\d,]{2,}/)
    assert.deepEqual(ownErrors(opened.errors), [])
  })
})
