import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { killAll } from '../e2e/starlings.js'
import { until } from '../support/page.js'
import { requireStage } from '../support/require.js'
import {
  createStage,
  epoch,
  figureBecomes,
  fragmentOf,
  type Introducer,
  introduce,
  member,
  type Stage,
  status,
  takePart
} from '../support/stage.js'
import { launchTabs, type Tabs } from '../support/tabs.js'

interface EpochLine {
  readonly epoch: number
  readonly neighbours: number
}

/** What a Node peer said last of an epoch. */
function lastOf(node: Introducer): EpochLine {
  const lines = node.running.output().stdout.trimEnd().split('\n')
  return JSON.parse(lines.findLast(line => line.startsWith('{"type":"epoch"')) ?? '{"epoch":-1}') as EpochLine
}

/** Waits for the record of an epoch. */
const nodeTells = (node: Introducer, accepts: (line: EpochLine) => boolean): Promise<string> =>
  node.running.line(line => line.startsWith('{"type":"epoch"') && accepts(JSON.parse(line) as EpochLine))

describe('a page behind another tab', () => {
  let stage: Stage
  let node: Introducer
  let tabs: Tabs
  let page: Page
  let other: Page

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
    const { url } = await stage.host('phone')
    tabs = await launchTabs(stage.machine('phone'))
    page = await tabs.context.newPage()
    await page.goto(`${url}#${fragmentOf(node.invite)}`)
    await takePart(page)
    await epoch(page, 2)
    other = await tabs.context.newPage()
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await page?.locator('main').textContent({ timeout: 5000 }))
  })

  after(async () => {
    await killAll()
    await tabs?.close()
    await stage?.close()
  })

  const isHidden = (): Promise<unknown> => page.evaluate('document.hidden')

  it('goes on training while it is hidden, and is where the others are when it is shown', async () => {
    await other.bringToFront()
    assert.equal(await isHidden(), true)
    await status(page, /Training together/)
    const before = lastOf(node).epoch
    await epoch(page, before + 20)
    await figureBecomes(page, 'Devices that train', '3')
    assert.equal(await isHidden(), true)
    await page.bringToFront()
    assert.equal(await isHidden(), false)
    await status(page, /Training together/)
    await epoch(page, lastOf(node).epoch)
  })

  it('is frozen by the browser there: nothing is lost, and it comes back and catches up', async () => {
    await figureBecomes(page, 'Waiting to be sent', /^[1-9]/)
    await page.evaluate(`(() => {
      globalThis.told = []
      for (const name of ['freeze', 'resume']) document.addEventListener(name, () => told.push(name))
    })()`)
    await other.bringToFront()
    const devtools = await tabs.context.newCDPSession(page)
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    // Nothing runs on its main thread, so its neighbours hear nothing of it, and let go of it.
    const before = lastOf(node).epoch
    await nodeTells(node, line => line.epoch > before && line.neighbours === 1)
    const left = lastOf(node).epoch
    await nodeTells(node, line => line.epoch > left + 5)
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    await page.bringToFront()
    await status(page, /Training together/)
    await epoch(page, lastOf(node).epoch + 3)
    await figureBecomes(page, 'Devices that train', '3')
    assert.deepEqual(await until(page, 'globalThis.told'), ['freeze', 'resume'])
  })

  it('is loaded anew while it is hidden: it waits, and goes on as the same peer', async () => {
    const id = await page.locator('code').last().textContent()
    await page.getByRole('button', { name: 'Pause' }).click()
    await status(page, /Paused/)
    await other.bringToFront()
    await page.reload()
    assert.equal(await isHidden(), true)
    await status(page, /Paused/)
    await page.bringToFront()
    await page.getByRole('button', { name: 'Go on' }).click()
    await status(page, /Training together/)
    assert.equal(await page.locator('code').last().textContent(), id)
  })
})
