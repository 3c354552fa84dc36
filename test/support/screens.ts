/** The page's screens as a folder of files, made by the bundler that makes the page, from the same styles. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { Bundle } from './bundle.js'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const PAGE = join(ROOT, 'src', 'browser', 'page')
const MODULE = join(ROOT, 'dist', 'checks', 'test', 'browser', 'screens.js')

/** The names that test/browser/screens.ts knows. */
export const SCREENS = [
  ...['landing', 'insecure', 'unsupported', 'other-tab', 'failed', 'last', 'opening', 'refused'],
  ...['invitation', 'invitation-table', 'data', 'data-table'],
  ...['starting', 'training', 'crowd', 'alone', 'resting', 'paused', 'offline', 'settling', 'ended'],
  ...['left', 'stranded']
] as const

/** Opened with `?screen=<name>&invite=<text>`, it shows one of {@link SCREENS}. */
export async function bundleScreens(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'starlings-screens-'))
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    base: './',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: { main: MODULE, style: join(PAGE, 'style', 'index.css') },
        output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' }
      }
    }
  })
  await cp(join(PAGE, 'public'), folder, { recursive: true })
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
      '<title>screens</title><link rel="icon" href="./icons/mark.svg"><link rel="stylesheet" href="./style.css">' +
      '<div id="page"></div><script type="module" src="./main.js"></script></html>\n'
  )
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
