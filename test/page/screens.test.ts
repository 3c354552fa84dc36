import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { inviteLink } from '#src/core/wire/invite-text.js'
import { type PageServer, startPageServer } from '#src/node/serve/server.js'
import { brokenRules, picture } from '../support/axe.js'
import type { Bundle } from '../support/bundle.js'
import { chromiumUnavailable, launchChromium, type Size, VIEWPORTS, watch } from '../support/chromium.js'
import { bundleScreens, SCREENS } from '../support/screens.js'

const INVITE = encodeURIComponent(
  inviteLink({
    swarm: new Uint8Array(32).fill(7),
    key: null,
    staleDay: 0,
    peers: [{ key: new Uint8Array(32).fill(9), addresses: [Uint8Array.of(4, 192, 0, 2, 7, 6, 16, 0)] }]
  }).replace('starlings:', '')
)

interface Run {
  readonly size: Size
  readonly colorScheme: 'light' | 'dark'
}

/** Both sizes and both schemes; all four of them where pictures are wanted. */
const RUNS: readonly Run[] = [
  { size: 'phone', colorScheme: 'dark' },
  { size: 'desktop', colorScheme: 'light' },
  ...(process.env.SCREENSHOTS
    ? ([
        { size: 'phone', colorScheme: 'light' },
        { size: 'desktop', colorScheme: 'dark' }
      ] as const)
    : [])
]

/** Of animations without an end: which properties they change. */
const ENDLESSLY_ANIMATED = `[...new Set(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().iterations === Infinity)
  .flatMap(({ effect }) => effect.getKeyframes())
  .flatMap(frame => Object.keys(frame))
  .filter(name => !['offset', 'computedOffset', 'easing', 'composite'].includes(name)))]`

/** Each screen with a session that stands still, under the headers of the real server. */
describe('every screen of the page', () => {
  let screens: Bundle
  let server: PageServer
  let browser: Browser

  before(async function () {
    const reason = await chromiumUnavailable()
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      this.skip()
    }
    screens = await bundleScreens()
    server = await startPageServer({ folder: screens.folder })
    browser = await launchChromium()
  })

  after(async () => {
    await browser?.close()
    await server?.stop()
    await screens?.remove()
  })

  for (const { size, colorScheme } of RUNS)
    it(`breaks no rule of accessibility, fits and logs no error: ${size}, ${colorScheme}`, async () => {
      const context = await browser.newContext({ ...VIEWPORTS[size], colorScheme })
      const watched = watch(context)
      const page = await context.newPage()
      for (const name of SCREENS) {
        await page.goto(`${server.url}?screen=${name}&invite=${INVITE}`)
        await page.waitForSelector('html[data-shown] h1')
        await picture(page, `${name}-${size}-${colorScheme}`)
        assert.deepEqual(await brokenRules(page), [], name)
        // A phone's innerWidth grows with what does not fit.
        const wider =
          Number(await page.evaluate('document.documentElement.scrollWidth')) - VIEWPORTS[size].viewport.width
        assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the screen`)
        assert.deepEqual(watched.errors, [], name)
      }
      await context.close()
    })

  it('has nothing that moves for ever but what the compositor moves by itself', async () => {
    const context = await browser.newContext(VIEWPORTS.desktop)
    const page = await context.newPage()
    const moved = new Set<unknown>()
    for (const name of SCREENS) {
      await page.goto(`${server.url}?screen=${name}&invite=${INVITE}`)
      await page.waitForSelector('html[data-shown] h1')
      for (const property of (await page.evaluate(ENDLESSLY_ANIMATED)) as string[]) moved.add(property)
    }
    assert.deepEqual([...moved].sort(), ['opacity', 'transform'])
    await context.close()
  })

  it('shows the curves as a table once it is opened', async () => {
    const context = await browser.newContext(VIEWPORTS.desktop)
    const page = await context.newPage()
    await page.goto(`${server.url}?screen=training&invite=${INVITE}`)
    const rows = page.locator('#accuracy tbody tr, section[aria-labelledby="accuracy"] tbody tr')
    assert.equal(await rows.count(), 0)
    await page.getByText('As a table').click()
    await rows.first().waitFor()
    assert.ok((await rows.count()) > 1)
    await context.close()
  })

  it('is drawn in and understood without a mouse', async () => {
    const context = await browser.newContext(VIEWPORTS.phone)
    const page = await context.newPage()
    await page.goto(`${server.url}?screen=data&invite=${INVITE}`)
    await page.getByRole('radio', { name: /Digits I draw/ }).check()
    const start = page.getByRole('button', { name: 'Start training' })
    assert.equal(await start.isDisabled(), true)
    for (let digit = 0; digit < 10; digit++) {
      const area = page.getByRole('application', { name: `Drawing area for a ${digit}` })
      await area.focus()
      await page.keyboard.press('Space')
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
      await page.getByRole('button', { name: `Keep this ${digit}` }).press('Enter')
    }
    assert.equal(await page.getByRole('list', { name: '10 digits drawn' }).count(), 1)
    assert.equal(await start.isEnabled(), true)
    await context.close()
  })

  it('says what is wrong with a file at the field, and lets another be chosen', async () => {
    const context = await browser.newContext(VIEWPORTS.desktop)
    const page = await context.newPage()
    await page.goto(`${server.url}?screen=data&invite=${INVITE}`)
    await page.getByRole('radio', { name: /Files of mine/ }).check()
    const field = page.getByLabel('CSV file')
    await field.setInputFiles({ name: 'digits.csv', mimeType: 'text/csv', buffer: Buffer.from('1,2,x\n') })
    await page.getByRole('button', { name: 'Start training' }).click()
    const described = await page.locator(`[id="${await field.getAttribute('aria-describedby')}"]`).textContent()
    assert.match(described ?? '', /line 3, value 7/)
    assert.equal(await field.getAttribute('aria-invalid'), 'true')
    assert.equal(await field.isEnabled(), true)
    await context.close()
  })
})
