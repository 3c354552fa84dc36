import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { inviteLink } from '#src/core/wire/invite-text.js'
import { brokenRules, picture } from '../support/axe.js'
import { chromiumUnavailable, launchChromium } from '../support/chromium.js'
import { openPage, ownErrors, type PageHost, servePage, until } from '../support/page.js'

/** With a camera that shows a test picture, and says yes. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']
/** Nobody is there. */
const INVITE = inviteLink(
  {
    swarm: new Uint8Array(32).fill(7),
    key: null,
    staleDay: 0,
    peers: [{ key: new Uint8Array(32).fill(9), addresses: [Uint8Array.of(4, 127, 0, 0, 1, 6, 0, 9, 221, 3)] }]
  },
  'https://flock.example/'
)

/** What Chromium has on phones and on macOS; it finds a code when the test shows it one. */
const DETECTOR = (formats: readonly string[]): string => `
  globalThis.cameras = { asked: 0, open: 0 }
  const devices = navigator.mediaDevices ?? {} // of the empty page before, which has none
  const getUserMedia = devices.getUserMedia?.bind(devices)
  devices.getUserMedia = async wanted => {
    cameras.asked++
    const stream = await getUserMedia(wanted)
    cameras.open++
    for (const track of stream.getTracks()) {
      const stop = track.stop.bind(track)
      track.stop = () => { cameras.open--; stop() }
    }
    return stream
  }
  globalThis.BarcodeDetector = class {
    static getSupportedFormats = async () => ${JSON.stringify(formats)}
    constructor({ formats }) { if (formats.join() !== 'qr_code') throw new TypeError('which format?') }
    async detect(video) {
      if (!(video.videoWidth > 0)) throw new DOMException('no picture yet', 'InvalidStateError')
      return globalThis.shown === undefined ? [] : [{ rawValue: globalThis.shown }]
    }
  }`

describe('the scanner of QR codes', () => {
  let host: PageHost
  let browser: Browser

  before(async function () {
    const reason = await chromiumUnavailable()
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      this.skip()
    }
    host = await servePage()
    browser = await launchChromium({ args: CAMERA })
  })

  after(async () => {
    await browser?.close()
    await host?.stop()
  })

  it('says on a browser without one what reads the code', async () => {
    for (const script of ['delete globalThis.BarcodeDetector', DETECTOR(['ean_13'])]) {
      const { page, errors, close } = await openPage(browser, host.url, { size: 'phone', script })
      await page.getByText('a phone’s camera app does').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Scan a QR code' }).count(), 0)
      assert.deepEqual(ownErrors(errors), [])
      await close()
    }
  })

  it('opens what it reads, once, and lets go of the camera', async () => {
    const { page, errors, close } = await openPage(browser, host.url, { size: 'phone', script: DETECTOR(['qr_code']) })
    await page.getByRole('button', { name: 'Scan a QR code' }).click()
    await until(page, 'document.querySelector("video")?.videoWidth > 0')
    await picture(page, 'real-scanner-phone')
    assert.deepEqual(await brokenRules(page), [])
    // Given up, and begun again.
    await page.keyboard.press('Escape')
    await until(page, 'cameras.open === 0')
    await page.getByRole('button', { name: 'Scan a QR code' }).click()
    await until(page, 'document.querySelector("video")?.videoWidth > 0')
    await page.evaluate('globalThis.shown = "https://flock.example/menu"')
    await page.locator('.field-error', { hasText: /invite/ }).waitFor()
    await until(page, 'cameras.open === 0')
    await page.evaluate('globalThis.shown = undefined')
    await page.getByRole('button', { name: 'Scan a QR code' }).click()
    await page.evaluate(`globalThis.shown = ${JSON.stringify(INVITE)}`)
    await page.locator('main[data-screen="opening"]').waitFor()
    await until(page, 'cameras.open === 0')
    assert.equal(await page.evaluate('cameras.asked'), 3)
    assert.deepEqual(ownErrors(errors), [])
    await close()
  })

  it('keeps the camera on while the page behind it changes', async () => {
    const url = `${host.url}#${INVITE.split('#')[1]}`
    const { page, close } = await openPage(browser, url, { size: 'phone', script: DETECTOR(['qr_code']) })
    // Nobody answers, so another invite is asked for; the screen is drawn anew with each look at the session.
    await page.getByRole('button', { name: 'Scan a QR code' }).click({ timeout: 60_000 })
    await until(page, 'document.querySelector("video")?.videoWidth > 0')
    for (const text of ['a', 'b', 'c']) {
      // Drawn twice more by then, effects included.
      await page.evaluate(`(async () => {
        const field = document.querySelector('textarea')
        field.value = '${text}'
        field.dispatchEvent(new Event('input', { bubbles: true }))
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
      })()`)
    }
    assert.equal(await page.evaluate('cameras.asked'), 1)
    assert.equal(await page.evaluate('cameras.open'), 1)
    await close()
  })

  it('says so where the camera is refused', async () => {
    const script = `${DETECTOR(['qr_code'])}
      devices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError') }`
    const { page, errors, close } = await openPage(browser, host.url, { size: 'phone', script })
    await page.getByRole('button', { name: 'Scan a QR code' }).click()
    await page.getByRole('alert').filter({ hasText: 'The camera cannot be used here' }).waitFor()
    await picture(page, 'real-scanner-refused-phone')
    assert.deepEqual(await brokenRules(page), [])
    assert.deepEqual(ownErrors(errors), [])
    await close()
  })
})
