/** Modules of the tests, made into a page by the bundler that makes the real one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
/** Compiled modules of the room `test/browser`. */
const MODULES = join(ROOT, 'dist', 'checks', 'test', 'browser')

export interface Bundle {
  /** Has an `index.html`. */
  readonly folder: string
  remove(): Promise<void>
}

/** @param module name of a module of `test/browser`, without ending */
export async function bundle(module: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'starlings-bundle-'))
  const stub = (name: string): string => join(MODULES, 'node', `${name}.js`)
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    base: './',
    resolve: {
      // What tests use of Node, in the browser's own terms.
      alias: {
        'node:assert/strict': stub('assert'),
        'node:crypto': stub('crypto'),
        'node:fs/promises': stub('fs'),
        'node:path': stub('path'),
        'fake-indexeddb/auto': stub('indexeddb')
      }
    },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      minify: false,
      rolldownOptions: {
        input: { main: join(MODULES, `${module}.js`) },
        output: { entryFileNames: '[name].js' }
      }
    }
  })
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,"><script type="module" src="main.js"></script>\n'
  )
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
