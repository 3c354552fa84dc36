import assert from 'node:assert/strict'
import { killAll } from '../e2e/starlings.js'
import { brokenRules, picture } from '../support/axe.js'
import { openPage, servePage } from '../support/page.js'
import { requireStage } from '../support/require.js'
import { createStage, fragmentOf, type Introducer, introduce, type Stage, status } from '../support/stage.js'

describe('what a page refuses, and how it says so', () => {
  let stage: Stage
  let node: Introducer

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone')
    node = await introduce(stage, 'computer', { create: ['--forever', '--expected-peers', '2'] })
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('an invite that was cut off or changed on the way', async () => {
    const good = fragmentOf(node.invite)
    const changed = `${good.slice(0, 20)}${good[20] === 'A' ? 'B' : 'A'}${good.slice(21)}`
    for (const invite of [good.slice(0, -10), changed, 'nonsense']) {
      const { page, errors, close } = await stage.open('phone', invite)
      await page.locator('main[data-screen="failed"]').waitFor()
      assert.match((await page.locator('main').textContent()) ?? '', /invite/)
      assert.deepEqual(await brokenRules(page), [])
      assert.deepEqual(errors, [])
      await close()
    }
  })

  it('five megabytes that are no data; other files can be chosen after that', async () => {
    const { page, errors, close } = await stage.open('phone', node.invite, { size: 'phone' })
    await page.getByRole('button', { name: 'Agree and choose data' }).click()
    await page.locator('input[name="data"][value="files"]').check()
    const bad = [
      ['noise.csv', Buffer.alloc(5_000_000, 'x'), /line 1 has 1 value/],
      ['zeros.csv', Buffer.alloc(5_000_000), /not a text file/],
      ['nearly.csv', Buffer.from(`${`${'1,'.repeat(64)}3\n`.repeat(38_000)}${'1,'.repeat(64)}11\n`), /line 38001/]
    ] as const
    for (const [name, buffer, expected] of bad) {
      await page.locator('input[type="file"]').setInputFiles({ name, mimeType: 'text/csv', buffer })
      await page.getByRole('button', { name: 'Start training' }).click()
      const error = page.locator('.field-error', { hasText: name })
      await error.waitFor({ timeout: 60_000 })
      assert.match((await error.textContent()) ?? '', expected)
    }
    await picture(page, 'real-bad-data-phone')
    assert.deepEqual(await brokenRules(page), [])
    await page.locator('input[name="data"][value="bundled"]').check()
    await page.getByRole('button', { name: 'Start training' }).click()
    await status(page, /Training together/)
    assert.deepEqual(errors, [])
    await close()
  })

  it('to take part from http on a local network: it says what is missing and what to do', async () => {
    const { address } = stage.machine('computer')
    const host = await servePage(stage.machine('computer'), '--host', address)
    const url = `http://${address}:${host.port}/#${fragmentOf(node.invite)}`
    const { page, errors, requests, close } = await openPage(await stage.browser('phone'), url, { size: 'phone' })
    assert.equal(await page.evaluate('isSecureContext'), false)
    await page.getByRole('heading', { name: 'You cannot take part from this address' }).waitFor()
    const words = (await page.locator('main').textContent()) ?? ''
    for (const expected of [/Cryptography/, /Service worker/, /Wake lock/, /starlings serve --https/]) {
      assert.match(words, expected)
    }
    await picture(page, 'real-insecure-phone')
    assert.deepEqual(await brokenRules(page), [])
    assert.deepEqual(errors, [])
    assert.ok(requests.every(request => new URL(request).host === new URL(url).host))
    await close()
    await host.stop()
  })
})
