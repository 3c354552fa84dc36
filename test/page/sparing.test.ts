import assert from 'node:assert/strict'
import { killAll } from '../e2e/starlings.js'
import { brokenRules, picture } from '../support/axe.js'
import { requireStage } from '../support/require.js'
import {
  createStage,
  epoch,
  figure,
  figureBecomes,
  type Introducer,
  introduce,
  type Stage,
  status,
  takePart
} from '../support/stage.js'

interface Device {
  readonly level: number
  readonly charging: boolean
  readonly saveData: boolean
  /** Of the network, as the Network Information API names it. */
  readonly type: 'wifi' | 'cellular'
  /** Bytes that the browser gives the page. */
  readonly quota: number
}

/** Battery, network and disk of a phone that only the test knows; they stay as they were when the page is reloaded. */
function deviceOf(first: Device): string {
  return `if (location.protocol === 'http:') {
    const now = JSON.parse(sessionStorage.getItem('device') ?? ${JSON.stringify(JSON.stringify(first))})
    const battery = Object.assign(new EventTarget(), { level: now.level, charging: now.charging })
    const connection = Object.assign(new EventTarget(), { saveData: now.saveData, type: now.type })
    Object.defineProperty(Navigator.prototype, 'getBattery', { value: async () => battery })
    Object.defineProperty(Navigator.prototype, 'connection', { get: () => connection })
    StorageManager.prototype.estimate = async () => ({ quota: now.quota, usage: 0 })
    globalThis.become = change => {
      sessionStorage.setItem('device', JSON.stringify(Object.assign(now, change)))
      for (const name of ['level', 'charging'])
        if (name in change) {
          battery[name] = change[name]
          battery.dispatchEvent(new Event(name + 'change'))
        }
      if ('saveData' in change || 'type' in change) {
        Object.assign(connection, { saveData: now.saveData, type: now.type })
        connection.dispatchEvent(new Event('change'))
      }
    }
  }`
}

describe('a page on a phone that is to be spared', () => {
  let stage: Stage
  let node: Introducer

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone')
    node = await introduce(stage, 'computer', {
      create: ['--forever', '--expected-peers', '2'],
      node: ['--shard', '1/2']
    })
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('rests as long as there is a reason, says which, and goes on when there is none or the person wants it', async () => {
    const script = deviceOf({ level: 0.1, charging: false, saveData: false, type: 'wifi', quota: 4e8 })
    const { page, errors, close } = await stage.open('phone', node.invite, { size: 'phone', script })
    const become = (change: Partial<Device>) => page.evaluate(`become(${JSON.stringify(change)})`)
    const detail = (words: RegExp) => page.locator('.status-detail', { hasText: words }).waitFor({ timeout: 120_000 })
    const rule = (name: string) => page.getByRole('checkbox', { name: new RegExp(name) })

    await page.getByRole('alert').filter({ hasText: 'This browser has 400 MB left for this page' }).waitFor()
    await picture(page, 'real-little-room-phone')
    assert.deepEqual(await brokenRules(page), [])

    await takePart(page)
    await status(page, /Resting/)
    await detail(/The battery is at 10 %/)
    await picture(page, 'real-low-battery-phone')
    // It follows the others, and nobody counts it among those who train.
    await epoch(page, (await epoch(page, 1)) + 5)
    assert.equal(await figure(page, 'Waiting to be sent'), '0 entries')
    assert.equal(await figure(page, 'Devices that train'), '1')

    await page.getByRole('button', { name: 'Train anyway' }).click()
    await status(page, /Training together/)
    await figureBecomes(page, 'Devices that train', '2')
    for (const name of ['battery', 'save data', 'mobile']) assert.equal(await rule(name).isChecked(), false)

    // While it trains: what is not sent yet waits.
    await rule('battery').check()
    await detail(/The battery is at 10 %/)
    await figureBecomes(page, 'Devices that train', '1')
    assert.match(await figure(page, 'Waiting to be sent'), /^[1-9]/)
    await become({ charging: true })
    await status(page, /Training together/)
    await figureBecomes(page, 'Devices that train', '2')

    await rule('save data').check()
    await become({ saveData: true })
    await detail(/set to save data/)
    await figureBecomes(page, 'Connection', 'data saver is on')
    await become({ type: 'cellular' })
    await rule('mobile').check()
    await detail(/save data.*mobile connection/)
    await become({ saveData: false })
    await detail(/^You are on a mobile connection/)
    await picture(page, 'real-mobile-phone')

    // Reasons and rules outlive a reload, and the person has the last word.
    await page.reload()
    await detail(/^You are on a mobile connection/)
    assert.deepEqual(await Promise.all(['battery', 'save data', 'mobile'].map(name => rule(name).isChecked())), [
      true,
      true,
      true
    ])
    await rule('mobile').uncheck()
    await status(page, /Training together/)
    await become({ charging: false })
    await detail(/The battery is at 10 %/)
    await become({ level: 0.2 })
    await status(page, /Training together/)
    assert.deepEqual(errors, [])
    await close()
  })
})
