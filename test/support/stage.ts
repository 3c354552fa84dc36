/** Several machines on one local network, with Node peers on some and browsers with the real page on others. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { type Running, run, startIn } from '../e2e/starlings.js'
import { launchChromium } from './chromium.js'
import { createNet, type Namespace, type Net } from './netns.js'
import { type OpenedPage, type OpenOptions, openPage, type PageHost, servePage, until } from './page.js'

export interface Machine extends Namespace {
  readonly address: string
}

export interface Stage {
  readonly net: Net
  machine(label: string): Machine
  /** A folder that goes with the stage. */
  readonly folder: string
  /** Chromium on that machine; the same one each time. */
  browser(label: string): Promise<Browser>
  /** The page's server on that machine, for that machine only, so that the page is a secure context there. */
  host(label: string): Promise<PageHost>
  /** Opens the page on a machine, with an invite unless it is to be opened without. */
  open(label: string, invite?: string, options?: OpenOptions): Promise<OpenedPage>
  /** What every page that was opened shows now, for a test that failed. */
  tell(): Promise<string>
  close(): Promise<void>
}

const SUBNET = '10.1.0.0/24'

export async function createStage(...labels: readonly string[]): Promise<Stage> {
  const net = createNet()
  const namespaces = labels.map(label => net.createNetns(label))
  const plugs = net.lan(namespaces, { subnet: SUBNET })
  // Nobody is there; but Chromium offers the address that it would reach the Internet from, and without a way there none.
  for (const namespace of namespaces) namespace.route('10.1.0.254')
  const machines = new Map(labels.map((label, i) => [label, { ...namespaces[i]!, address: plugs[i]!.address }]))
  const folder = await mkdtemp(join(tmpdir(), 'starlings-stage-'))
  const browsers = new Map<string, Promise<Browser>>()
  const hosts = new Map<string, Promise<PageHost>>()
  const opened: OpenedPage[] = []
  const once = <T>(kept: Map<string, Promise<T>>, label: string, make: () => Promise<T>): Promise<T> => {
    const made = kept.get(label) ?? make()
    kept.set(label, made)
    return made
  }
  const machine = (label: string): Machine => {
    const found = machines.get(label)
    if (found === undefined) throw new RangeError(`no machine ${label}: ${[...machines.keys()]}`)
    return found
  }
  const stage: Stage = {
    net,
    folder,
    machine,
    browser: label => once(browsers, label, () => launchChromium({ where: machine(label) })),
    host: label => once(hosts, label, () => servePage(machine(label))),
    open: async (label, invite, options) => {
      const [browser, { url }] = await Promise.all([stage.browser(label), stage.host(label)])
      const one = await openPage(browser, invite === undefined ? url : `${url}#${fragmentOf(invite)}`, options)
      opened.push(one)
      return one
    },
    tell: async () => {
      const told = opened.map(async ({ page, errors }) => {
        const text = page.isClosed()
          ? 'is closed'
          : await page.locator('main').textContent({ timeout: 5000 }).catch(String)
        return `--- a page:\n${text}\nits errors: ${JSON.stringify(errors)}`
      })
      return (await Promise.all(told)).join('\n')
    },
    close: async () => {
      await Promise.all([...browsers.values()].map(async browser => (await browser).close().catch(() => {})))
      await Promise.all([...hosts.values()].map(async host => (await host).stop().catch(() => {})))
      net.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
  return stage
}

/** What stands behind the # of a link, or behind `starlings:`. */
export function fragmentOf(invite: string): string {
  return invite.replace(/^.*#|^starlings:/, '')
}

export interface Introducer {
  readonly running: Running
  /** Link or `starlings:` URI. */
  readonly invite: string
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface IntroducerOptions {
  /** Flags of `swarm create` beside the task. */
  readonly create?: readonly string[]
  /** Flags of `node`. */
  readonly node?: readonly string[]
}

/** Makes a swarm of digits and starts its first peer on a machine. */
export async function introduce(
  stage: Stage,
  label: string,
  { create = [], node = [] }: IntroducerOptions = {}
): Promise<Introducer> {
  const home = join(stage.folder, `home-${label}`)
  const created = await run('swarm', 'create', 'digits', '--home', home, '--pace', '0.02', ...create)
  if (created.code !== 0) throw new Error(`swarm create: ${created.stderr}`)
  return member(stage, label, '--home', home, ...node)
}

/** Starts a Node peer, and waits until it can be joined. */
export async function member(stage: Stage, label: string, ...flags: readonly string[]): Promise<Introducer> {
  const running = startIn(stage.machine(label), 'node', ...flags)
  const line = await running.line(text => / join /.test(text))
  const invite = / join '?([^\s']+)/.exec(line)?.[1] ?? ''
  return {
    running,
    invite,
    stop: async (signal = 'SIGINT') => {
      running.process.kill(signal)
      await running.ended
    }
  }
}

/** What a person does on the two pages between the invite and training. */
export async function takePart(
  page: Page,
  { data = 'bundled', alone = false }: { readonly data?: 'bundled' | 'none'; readonly alone?: boolean } = {}
): Promise<void> {
  await page.getByRole('button', { name: 'Agree and choose data' }).click()
  await page.locator(`input[name="data"][value="${data}"]`).check()
  if (data !== 'none') await page.getByRole('checkbox', { name: /Compare with training alone/ }).setChecked(alone)
  await page.getByRole('button', { name: /^(Start training|Follow the swarm)$/ }).click()
  await page.locator('main[data-screen="swarm"]').waitFor()
}

function rowValue(page: Page, name: string): Locator {
  const row = page.locator('dl.facts > div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
  return row.locator('dd')
}

/** Value of a row of the page's figures, as text. */
export async function figure(page: Page, name: string): Promise<string> {
  return (await rowValue(page, name).textContent()) ?? ''
}

/** Waits until the page's status line says so. */
export async function status(page: Page, words: RegExp, timeout = 120_000): Promise<void> {
  await page.locator('.status-title', { hasText: words }).waitFor({ timeout })
}

/** Waits until the page has closed so many epochs, and tells how many. */
export async function epoch(page: Page, least: number, timeout = 120_000): Promise<number> {
  const shown = "Number(document.querySelector('.progress-label strong')?.textContent?.replace(/\\D/g, '') || NaN)"
  const found = await until<{ shown: number }>(page, `${shown} >= ${least} && { shown: ${shown} }`, timeout)
  return found.shown
}

/** Waits until a row of the page's figures has this value. */
export async function figureBecomes(
  page: Page,
  name: string,
  value: string | RegExp,
  timeout = 120_000
): Promise<void> {
  const row = page.locator('dl.facts > div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
  await row.locator('dd', { hasText: value }).waitFor({ timeout })
}
