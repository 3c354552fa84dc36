import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { killAll } from '../e2e/starlings.js'
import { launchProfile, VIEWPORTS, watch } from '../support/chromium.js'
import { ownErrors, until } from '../support/page.js'
import { requireStage } from '../support/require.js'
import {
  createStage,
  epoch,
  figure,
  figureBecomes,
  fragmentOf,
  introduce,
  member,
  type Stage,
  status,
  takePart
} from '../support/stage.js'

/** What the page says of itself to whoever keeps a list of members. */
const ownId = async (page: Page): Promise<string> => (await page.locator('code').last().textContent()) ?? ''

describe('a page that is closed, and opened again the next day', () => {
  let stage: Stage
  const open = new Set<BrowserContext>()

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'laptop', 'phone')
  })

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return
    for (const context of open)
      for (const page of context.pages())
        console.log(await page.locator('main').textContent({ timeout: 5000 }).catch(String))
  })

  after(async () => {
    await killAll()
    for (const context of open) await context.close()
    await stage?.close()
  })

  /** A browser with the phone's profile, and the page in it. */
  async function visit(address: string): Promise<{ page: Page; errors: readonly string[]; close(): Promise<void> }> {
    const profile = join(stage.folder, 'profile')
    const context = await launchProfile(profile, { where: stage.machine('phone') }, VIEWPORTS.phone)
    open.add(context)
    const { errors } = watch(context)
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(address)
    return {
      page,
      errors,
      close: async () => {
        open.delete(context)
        await context.close()
      }
    }
  }

  it('is the same peer with all that it had, and gets in by a neighbour that it met, as those of its invite are gone', async () => {
    const node = await introduce(stage, 'computer', {
      create: ['--forever', '--expected-peers', '3'],
      node: ['--shard', '1/2']
    })
    const { url } = await stage.host('phone')
    const first = await visit(`${url}#${fragmentOf(node.invite)}`)
    await takePart(first.page)
    await epoch(first.page, 1)
    // Who comes later is in no invite that this page has seen.
    const address = await node.running.line(text => /^ +\/ip4\/10\..*\/tcp\/\d+\/p2p\/\w+$/.test(text))
    const manifest = `${stage.folder}/home-computer/manifest.json`
    await member(stage, 'laptop', '--swarm', manifest, '--peer', address.trim(), '--shard', '2/2')
    await until(first.page, 'document.querySelectorAll("ul.peers li").length === 3')
    await figureBecomes(first.page, 'Waiting to be sent', /^[1-9]/)
    await first.page.getByRole('button', { name: 'Pause' }).click()
    await status(first.page, /Paused/)
    // What was being trained is in by then.
    await epoch(first.page, (await epoch(first.page, 1)) + 3)
    const before = {
      id: await ownId(first.page),
      epoch: await epoch(first.page, 1),
      residual: await figure(first.page, 'Waiting to be sent')
    }
    assert.match(before.id, /^12D3Koo/)
    assert.match(before.residual, /^[1-9]/)
    assert.deepEqual(first.errors, [])
    await first.close()
    await node.stop('SIGKILL')

    const { page, errors, close } = await visit(url)
    await status(page, /Paused/)
    assert.equal(await ownId(page), before.id)
    await until(page, 'document.querySelectorAll("ul.peers li").length === 2')
    await figureBecomes(page, 'Waiting to be sent', before.residual)
    await page.getByRole('button', { name: 'Go on' }).click()
    await status(page, /Training together/)
    await epoch(page, before.epoch + 5)
    await figureBecomes(page, 'Devices that train', '2')
    assert.deepEqual(ownErrors(errors), [])
    await close()
  })
})
