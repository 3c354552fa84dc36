import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { brokenRules, picture } from '../support/axe.js'
import { chromiumUnavailable, launchChromium, VIEWPORTS } from '../support/chromium.js'
import { foreign, openPage, type PageHost, servePage } from '../support/page.js'

describe('the page, before it has an invite', () => {
  let host: PageHost
  let browser: Browser

  before(async function () {
    const reason = await chromiumUnavailable()
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      this.skip()
    }
    host = await servePage()
    browser = await launchChromium()
  })

  after(async () => {
    await browser?.close()
    await host?.stop()
  })

  for (const size of ['phone', 'desktop'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`breaks no rule of accessibility and fits: ${size}, ${colorScheme}`, async () => {
        const { page, errors, requests, close } = await openPage(browser, host.url, { size, colorScheme })
        await page.getByRole('heading', { level: 1 }).waitFor()
        await picture(page, `landing-${size}-${colorScheme}`)
        assert.deepEqual(await brokenRules(page), [])
        // A phone's innerWidth grows with what does not fit.
        const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
        assert.ok(width <= VIEWPORTS[size].viewport.width, 'it scrolls aside')
        assert.deepEqual(errors, [])
        assert.deepEqual(foreign(requests, host.url), [])
        await close()
      })
    }
  }

  it('can be installed: Chromium finds nothing wrong with its manifest and icons', async () => {
    const { page, close } = await openPage(browser, host.url)
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    const devtools = await page.context().newCDPSession(page)
    const { errors, data } = await devtools.send('Page.getAppManifest')
    assert.deepEqual(errors, [])
    assert.ok(data)
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
    // A context of its own, as this one is, counts as a private window, where nothing can be installed.
    assert.deepEqual(
      installabilityErrors.map(({ errorId }) => errorId).filter(id => id !== 'in-incognito'),
      []
    )
    const { icons } = JSON.parse(data) as { icons: { src: string; sizes: string }[] }
    assert.ok(icons.length >= 3)
    for (const { src, sizes } of icons.filter(icon => icon.src.endsWith('.png'))) {
      const size = await page.evaluate(
        `fetch('${src}').then(async got => createImageBitmap(await got.blob())).then(image => image.width + 'x' + image.height)`
      )
      assert.equal(size, sizes, src)
    }
    await close()
  })

  it('opens without a network once it was seen', async () => {
    const gone = await servePage()
    const { page, close } = await openPage(browser, gone.url)
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    await gone.stop()
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await close()
  })
})
