/** The browser of tests: Debian's Chromium or the one that CHROMIUM names, on this machine or on one of a test's own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions
} from 'playwright-core'
import type { Namespace } from './netns.js'

/** Where distributions put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** For what a person would wait for, on a machine with many pages and little time; Playwright's own 30 s are too few. */
export const PATIENT_MS = 120_000

/** The widths that the page is made for: the smallest phone, and a desktop. */
export const VIEWPORTS = {
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } }
} as const satisfies Record<string, BrowserContextOptions>

export type Size = keyof typeof VIEWPORTS

/** @returns undefined when there is none; what CHROMIUM names is not doubted */
export async function findChromium(): Promise<string | undefined> {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  for (const path of PLACES) {
    try {
      await access(path)
      return path
    } catch {
      // Not there: the next place.
    }
  }
  return undefined
}

/** Why pages cannot be tested here, or nothing. */
export async function chromiumUnavailable(): Promise<string | undefined> {
  return (await findChromium()) === undefined
    ? 'no Chromium found (Debian: chromium), and CHROMIUM names none'
    : undefined
}

export interface BrowserInit {
  /** Runs there, and reaches only what can be reached from there. @default this machine */
  readonly where?: Namespace
  /** Command line flags beside the usual ones. */
  readonly args?: readonly string[]
}

export async function launchChromium({ where, args = [] }: BrowserInit = {}): Promise<Browser> {
  const { options, cleanUp } = await launchOptions(where, args)
  const browser = await chromium.launch(options)
  browser.on('disconnected', cleanUp)
  return browser
}

/** With a profile that outlives the browser, as a person's does who closes it and comes back the next day. */
export async function launchProfile(
  folder: string,
  { where, args = [] }: BrowserInit = {},
  context: BrowserContextOptions = VIEWPORTS.desktop
): Promise<BrowserContext> {
  const { options, cleanUp } = await launchOptions(where, args)
  const profile = await chromium.launchPersistentContext(folder, { ...options, ...context })
  profile.setDefaultTimeout(PATIENT_MS)
  profile.on('close', cleanUp)
  return profile
}

/** Playwright talks to the browser by a pipe, which a namespace does not cut. */
async function launchOptions(
  where: Namespace | undefined,
  args: readonly string[]
): Promise<{ options: LaunchOptions; cleanUp: () => void }> {
  const executable = await findChromium()
  if (executable === undefined) throw new Error('no Chromium')
  // Nothing that calls home; memory files under /dev/shm are too small in containers.
  const options: LaunchOptions = {
    args: ['--disable-dev-shm-usage', '--disable-component-update', '--no-pings', ...args],
    timeout: PATIENT_MS
  }
  if (where === undefined) return { options: { ...options, executablePath: executable }, cleanUp: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'starlings-chromium-'))
  const wrapper = join(folder, 'chromium')
  writeFileSync(wrapper, `#!/bin/sh\nexec ${where.prefix.join(' ')} '${executable}' "$@"\n`, { mode: 0o755 })
  return {
    options: { ...options, executablePath: wrapper },
    cleanUp: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** What a page said and asked for while it was watched. */
export interface Watched {
  /** Errors on its console and uncaught ones, as text. */
  readonly errors: string[]
  /** Every address it loaded something from. */
  readonly requests: string[]
}

/** Watches from now on, workers' consoles included. */
export function watch(context: BrowserContext): Watched {
  const watched: Watched = { errors: [], requests: [] }
  context.on('console', message => {
    if (message.type() === 'error') watched.errors.push(`${message.text()} (${message.location().url})`)
  })
  context.on('weberror', error => watched.errors.push(String(error.error().stack ?? error.error())))
  context.on('request', request => watched.requests.push(request.url()))
  return watched
}

/**
 * Stops the processes of a browser's pages, as a phone does to what is in the background. (The debugger's own freezing
 * leaves workers and connections running.) @returns lets them go on
 */
export async function freeze(browser: Browser): Promise<() => void> {
  const devtools = await browser.newBrowserCDPSession()
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
  await devtools.detach()
  const pages = processInfo.filter(({ type }) => type === 'renderer')
  for (const { id } of pages) process.kill(id, 'SIGSTOP')
  return () => {
    for (const { id } of pages) process.kill(id, 'SIGCONT')
  }
}
