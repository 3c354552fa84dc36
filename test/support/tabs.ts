/**
 * A browser whose tabs are hidden when another one is in front. Playwright's own pages always are as if they were in front,
 * so this one is started by hand, and joined with none of Playwright's defaults.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserContext, chromium } from 'playwright-core'
import { findChromium } from './chromium.js'
import type { Namespace } from './netns.js'

export interface Tabs {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** Runs in the namespace: what comes in by a socket of the file system, which no namespace hides, goes to a port there. */
const BRIDGE = `
  const net = require('node:net')
  const [path, port] = process.argv.slice(1)
  net.createServer(near => {
    const far = net.connect(Number(port), '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const end of [near, far]) end.on('error', () => { near.destroy(); far.destroy() })
  }).listen(path, () => console.log('ready'))`

export async function launchTabs(where: Namespace): Promise<Tabs> {
  const executable = await findChromium()
  if (executable === undefined) throw new Error('no Chromium')
  const folder = await mkdtemp(join(tmpdir(), 'starlings-tabs-'))
  const flags = ['--headless', '--no-sandbox', '--disable-dev-shm-usage', '--disable-component-update', '--no-pings']
  const more = ['--no-first-run', '--remote-debugging-port=0', `--user-data-dir=${join(folder, 'profile')}`]
  const browser = where.spawn(executable, [...flags, ...more], { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await devtools(browser.stderr)
  const path = join(folder, 'devtools.sock')
  const bridge = where.spawn(process.execPath, ['-e', BRIDGE, path, address.port], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (bridge.stdout === null) throw new TypeError('its output was to be read')
  await once(bridge.stdout, 'data')
  const door = createServer(near => {
    const far = connect(path)
    near.pipe(far).pipe(near)
    for (const end of [near, far])
      end.on('error', () => {
        near.destroy()
        far.destroy()
      })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const here = door.address()
  if (here === null || typeof here === 'string') throw new TypeError('it listens on a port')
  const joined = await chromium.connectOverCDP(`ws://127.0.0.1:${here.port}${address.pathname}`, {
    noDefaults: true,
    timeout: 120_000
  })
  const [context] = joined.contexts()
  if (context === undefined) throw new TypeError('a browser has a default context')
  return {
    context,
    close: async () => {
      await joined.close().catch(() => {})
      for (const child of [browser, bridge]) {
        const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
        child.kill('SIGKILL')
        await gone
      }
      door.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

/** Where a browser says that it can be controlled. */
async function devtools(stderr: NodeJS.ReadableStream | null): Promise<URL> {
  if (stderr === null) throw new TypeError('its errors were to be read')
  for await (const line of createInterface({ input: stderr })) {
    const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (found === undefined) continue
    stderr.resume()
    return new URL(found)
  }
  throw new Error('the browser ended before it could be controlled')
}
