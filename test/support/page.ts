/** The real page as people get it: built, served by `starlings serve`, opened in Chromium. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type Running, startIn } from '../e2e/starlings.js'
import { PATIENT_MS, type Size, VIEWPORTS, type Watched, watch } from './chromium.js'
import type { Namespace } from './netns.js'

const HERE: Pick<Namespace, 'prefix'> = { prefix: [] }

export interface PageHost {
  /** Ends with a slash. */
  readonly url: string
  /** Under the machine's own address on its network. */
  readonly port: number
  readonly running: Running
  stop(): Promise<void>
}

/** @param flags of `starlings serve` beside --port @param where @default this machine, loopback only */
export async function servePage(
  where: Pick<Namespace, 'prefix'> = HERE,
  ...flags: readonly string[]
): Promise<PageHost> {
  const loopback = flags.includes('--host') ? [] : ['--host', '127.0.0.1']
  const running = startIn(where, 'serve', '--port', '0', ...loopback, ...flags)
  const line = await running.line(text => /https?:\/\/\S+/.test(text))
  const url = /https?:\/\/\S+/.exec(line)?.[0] ?? ''
  return {
    url,
    port: Number(new URL(url).port),
    running,
    stop: async () => {
      running.process.kill('SIGINT')
      await running.ended
    }
  }
}

export interface OpenOptions {
  /** @default 'desktop' */
  readonly size?: Size
  /** Of the person's system. @default 'light' */
  readonly colorScheme?: 'light' | 'dark'
  readonly context?: BrowserContextOptions
  /** Runs before the page's own, in every document: stands in for a part of the browser or of the device. */
  readonly script?: string
}

export interface OpenedPage extends Watched {
  readonly page: Page
  /** Closes it with all that its browser context kept. */
  close(): Promise<void>
}

/** Opens an address as a person does who was never here before. */
export async function openPage(browser: Browser, url: string, options: OpenOptions = {}): Promise<OpenedPage> {
  const { size = 'desktop', colorScheme = 'light' } = options
  const context = await browser.newContext({ ...VIEWPORTS[size], colorScheme, ...options.context })
  context.setDefaultTimeout(PATIENT_MS)
  if (options.script !== undefined) await context.addInitScript(options.script)
  const watched = watch(context)
  const page = await context.newPage()
  await page.goto(url)
  return { page, ...watched, close: () => context.close() }
}

/** Requests that left the page's own origin. */
export function foreign(requests: readonly string[], url: string): string[] {
  const { origin } = new URL(url)
  return requests.filter(
    request => !/^(data|blob|about|chrome-extension):/.test(request) && new URL(request).origin !== origin
  )
}

/** Without what the browser itself logs when nobody answers, which no page can prevent. */
export function ownErrors(errors: readonly string[]): string[] {
  return errors.filter(error => !/^WebSocket connection to .* failed|net::ERR_/.test(error))
}

/**
 * Waits until an expression is true in the page, and resolves with its value, which can be cloned. Playwright's own
 * `waitForFunction` needs eval, which the page's policy forbids; what is evaluated once as a whole is not subject to it.
 */
export async function until<T>(page: Page, expression: string, timeoutMs = 120_000): Promise<T> {
  const value = await page.evaluate(`new Promise(done => {
    const ends = performance.now() + ${timeoutMs}
    const look = () => {
      const value = (${expression})
      if (value || performance.now() > ends) done(value)
      else setTimeout(look, 50)
    }
    look()
  })`)
  if (!value) throw new Error(`did not become true in ${timeoutMs} ms: ${expression}`)
  return value as T
}
