import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { type Bundle, bundle } from '../support/bundle.js'
import { chromiumUnavailable, launchChromium, watch } from '../support/chromium.js'
import { createNet, type Net, netnsUnavailable } from '../support/netns.js'
import { type Served, serveFolder } from '../support/serve-folder.js'

const RELAY = fileURLToPath(new URL('./relay-node.js', import.meta.url))

/** Evaluated in a page of `test/browser/libp2p.ts`. */
const rig = <T>(page: Page, expression: string): Promise<T> => page.evaluate(`globalThis.rig.${expression}`)

describe('bare libp2p in Chromium', () => {
  let net: Net
  let made: Bundle
  let served: Served
  let browser: Browser
  let addresses: string[]
  let stopRelay: () => Promise<unknown>

  before(async function () {
    const reason = netnsUnavailable() ?? (await chromiumUnavailable())
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      this.skip()
    }
    net = createNet()
    const [laptop, home] = [net.createNetns('laptop'), net.createNetns('home')]
    const [, plug] = net.link(laptop, home, { subnet: '10.1.0.0/24' })
    // Chromium offers the address that it would reach the Internet from, and without such a route none.
    laptop.route(plug.address)
    const relay = home.spawn(process.execPath, [RELAY], { stdio: ['ignore', 'pipe', 'inherit'] })
    assert.ok(relay.stdout)
    stopRelay = () => {
      const gone = once(relay, 'exit')
      relay.kill('SIGKILL')
      return gone
    }
    const [line] = await once(createInterface({ input: relay.stdout }), 'line')
    addresses = (JSON.parse(String(line)) as string[]).filter(text => text.includes(plug.address))
    made = await bundle('libp2p')
    served = await serveFolder(made.folder, laptop)
    browser = await launchChromium({ where: laptop })
  })

  after(async () => {
    await browser?.close()
    await served?.stop()
    await made?.remove()
    net?.close()
  })

  async function open(): Promise<{ page: Page; errors: readonly string[] }> {
    const context = await browser.newContext()
    const { errors } = watch(context)
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${served.port}/`)
    await page.waitForFunction('globalThis.rig !== undefined')
    return { page, errors }
  }

  for (const [name, part] of [
    ['WebSockets', '/ws'],
    ['WebRTC-direct', '/webrtc-direct']
  ] as const) {
    it(`reaches Node by ${name}`, async () => {
      const { page, errors } = await open()
      const address = addresses.find(text => text.includes(part))
      assert.ok(address)
      assert.ok((await rig<string>(page, `reach(${JSON.stringify(address)})`)).includes(part))
      assert.deepEqual(errors, [])
      await page.context().close()
    })
  }

  it('reaches another page by WebRTC that is quicker and has closed the first channel', async () => {
    const [a, b] = [(await open()).page, (await open()).page]
    const relay = JSON.stringify(addresses.find(text => text.includes('/webrtc-direct')))
    await rig(a, `reach(${relay})`)
    await rig(b, `reach(${relay})`)
    await rig(b, 'slowDown(2000)')
    const [address] = await rig<string[]>(a, 'webrtcAddresses()')
    assert.match(await rig<string>(b, `reach(${JSON.stringify(address)})`), /webrtc/)
  })

  it('reaches another page by WebRTC, also when the relay that introduced them is gone', async () => {
    const [a, b] = [(await open()).page, (await open()).page]
    const relay = JSON.stringify(addresses.find(text => text.includes('/webrtc-direct')))
    await rig(a, `reach(${relay})`)
    await rig(b, `reach(${relay})`)
    const [address] = await rig<string[]>(a, 'webrtcAddresses()')
    assert.match(await rig<string>(b, `reach(${JSON.stringify(address)})`), /webrtc/)
    await stopRelay()
    assert.ok((await rig<number>(b, `ping(${JSON.stringify(address)})`)) >= 0)
  })
})
