/** Runs tests of the room `test/browser` in Chromium, and tells what became of them. */
import { bundle } from './bundle.js'
import { launchChromium, watch } from './chromium.js'
import { serveFolder } from './serve-folder.js'

export interface PageReport {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  readonly errors: readonly string[]
}

/** @param module of `test/browser`, without ending @param deadlineMs for all of them, on a machine that is busy */
export async function runInPage(module: string, deadlineMs = 170_000): Promise<PageReport> {
  const made = await bundle(module)
  const served = await serveFolder(made.folder)
  const browser = await launchChromium()
  try {
    const context = await browser.newContext()
    const { errors } = watch(context)
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${served.port}/`)
    const report = await page.waitForFunction('globalThis.report', undefined, { timeout: deadlineMs })
    return { ...((await report.jsonValue()) as Omit<PageReport, 'errors'>), errors }
  } finally {
    await browser.close()
    await served.stop()
    await made.remove()
  }
}
