/** What a person with a browser notices: how soon a page trains, what it loads, whether it stutters, whether it swells. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { chromiumUnavailable, launchChromium, VIEWPORTS } from '../../test/support/chromium.js'
import { netnsUnavailable } from '../../test/support/netns.js'
import { until } from '../../test/support/page.js'
import { createStage, epoch, fragmentOf, introduce, takePart } from '../../test/support/stage.js'
import { heapsOf } from './heaps.js'
import type { Benchmark, BenchOptions, BenchRow } from './index.js'
import { watchMainThread } from './main-thread.js'

const MINUTES = 4
/** Epochs in which pauses are looked for at least. */
const EPOCHS = 10
/**
 * Of a browser that has warmed up: code is compiled, and what fills up to its bound is full. Gossip remembers messages for two
 * minutes, and a peer keeps own updates of four retentions, which is 2048 epochs.
 */
const WARM_MINUTES = 3

/** Kept by the page itself: every task that held its main thread for more than 50 ms. */
const WATCH = `
  globalThis.pauses = []
  new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries()) globalThis.pauses.push({ at: startTime, ms: duration })
  }).observe({ type: 'longtask', buffered: true })`

interface Pause {
  /** Since the page was opened, ms. */
  readonly at: number
  readonly ms: number
}

export const pageBenchmark: Benchmark = {
  summary: 'a page in Chromium: time to its first epoch, first load, pauses, memory (--minutes)',
  setting:
    'Chromium and a Node peer on one machine, in a network of their own; digits, a second model alone for comparison',
  run
}

async function* run({ minutes = MINUTES, progress }: BenchOptions): AsyncIterable<BenchRow> {
  const reason = netnsUnavailable() ?? (await chromiumUnavailable())
  if (reason !== undefined) {
    progress(`skipped: ${reason}`)
    return
  }
  const stage = await createStage('computer')
  const browser = await launchChromium({ where: stage.machine('computer') })
  try {
    progress('starts a node')
    const create = ['--forever', '--expected-peers', '2']
    const { invite } = await introduce(stage, 'computer', { create, node: ['--shard', '1/2'] })
    const { url } = await stage.host('computer')
    const context = await browser.newContext(VIEWPORTS.desktop)
    await context.addInitScript(WATCH)
    const page = await context.newPage()
    const loaded = await countBytes(page)
    progress('opens the invite')
    const openedAt = performance.now()
    await page.goto(`${url}#${fragmentOf(invite)}`)
    await page.locator('main[data-screen="invitation"]').waitFor({ timeout: 60_000 })
    yield figure('invite opened → the swarm is shown, s', (performance.now() - openedAt) / 1000)
    yield figure('first load as sent, kB', loaded() / 1000, 350)
    const began = (await page.evaluate('performance.now()')) as number
    let firstAt = 0
    const start = await watchMainThread(browser, async () => {
      await takePart(page, { alone: true })
      await epoch(page, 1)
      firstAt = performance.now()
      await epoch(page, EPOCHS)
    })
    yield figure('invite opened → first epoch, clicks at once, s', (firstAt - openedAt) / 1000, 10)
    const inStart = `start and ${EPOCHS} epochs`
    yield figure(`longest task of the main thread, ${inStart}, ms of its thread`, start.longest, 50)
    yield figure(`longest pause, ${inStart}, ms by the clock (0: below 50)`, await longest(page, began), 50)
    progress('trains, watched for a minute')
    const training = await watchMainThread(browser, () => page.waitForTimeout(60_000))
    yield figure('longest task of the main thread, a minute of training, ms of its thread', training.longest, 50)
    yield figure('main thread while training, ms of its thread per second', training.perSecond)
    let worst = 0
    let past = 1
    for (const minute of new Set([Math.min(WARM_MINUTES, minutes), minutes])) {
      progress(`trains until minute ${minute}`)
      await page.waitForTimeout(60_000 * (minute - past))
      past = minute
      worst = Math.max(worst, await longest(page, began))
      yield* memory(page, minute)
      // Collecting all garbage at once is the benchmark's doing.
      await page.evaluate('globalThis.pauses.length = 0')
    }
    yield figure(`longest pause, all ${minutes} minutes, ms by the clock (0: below 50)`, worst, 50)
    yield figure('epochs closed', await epoch(page, 1))
    await page.evaluate(
      'setTimeout(() => { const end = performance.now() + 150; while (performance.now() < end); }), undefined'
    )
    await until(page, 'globalThis.pauses.some(({ ms }) => ms > 140)')
  } finally {
    await browser.close()
    await stage.close()
  }
}

function figure(what: string, value: number, limit?: number): BenchRow {
  return { what, value: Math.round(10 * value) / 10, limit: limit ?? '' }
}

/** @returns how many bytes came over the network since, headers included */
async function countBytes(page: Page): Promise<() => number> {
  const devtools = await page.context().newCDPSession(page)
  let bytes = 0
  await devtools.send('Network.enable')
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  return () => bytes
}

/** Of the main thread, ms. @param since in the page's time */
async function longest(page: Page, since: number): Promise<number> {
  const pauses = (await page.evaluate('globalThis.pauses')) as Pause[]
  return Math.max(0, ...pauses.filter(({ at }) => at >= since).map(({ ms }) => ms))
}

/** What is left on the heaps after garbage was collected, and what the process holds that has them all. */
async function* memory(page: Page, minute: number): AsyncIterable<BenchRow> {
  for (const [thread, bytes] of await heapsOf(page)) {
    const whose = thread === 'page' ? 'page' : `page's ${thread} thread`
    yield figure(`heap of the ${whose}, minute ${minute}, MB`, bytes / 1e6)
  }
  yield figure(`memory that its process has written to, minute ${minute}, MB`, (await writtenBytes(page)) / 1e6)
}

/**
 * What it has written to: pages of the browser's own file count as private or shared by who else runs. Of the largest of the
 * processes that run pages; Chromium holds others ready.
 */
async function writtenBytes(page: Page): Promise<number> {
  const devtools = await page.context().browser()?.newBrowserCDPSession()
  const { processInfo } = (await devtools?.send('SystemInfo.getProcessInfo')) ?? { processInfo: [] }
  let largest = 0
  for (const { type, id } of processInfo) {
    if (type !== 'renderer') continue
    const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8')
    const [, kilobytes] = /^Private_Dirty:\s+(\d+) kB$/m.exec(text) ?? []
    largest = Math.max(largest, 1024 * Number(kilobytes))
  }
  return largest
}
