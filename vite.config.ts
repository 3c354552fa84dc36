/** Builds the page: src/browser/page → dist/page, which any static web host can serve from any folder. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { PAGE_POLICY } from './src/node/serve/policy.js'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const PAGE = here('src/browser/page')
const PUBLIC = here('src/browser/page/public')

/** Hosts that send no headers still get the policy, in the page itself. */
function policyInPage(): Plugin {
  return {
    name: 'starlings:policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: PAGE_POLICY },
        injectTo: 'head-prepend'
      }
    ]
  }
}

/**
 * Tells the service worker what the page is made of. Chunks of the page itself are fetched ahead; the trainer's worker,
 * its wasm and the digits are kept once they were used.
 */
function precacheList(): Plugin {
  return {
    name: 'starlings:precache',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const sw = bundle['sw.js']
      if (sw?.type !== 'chunk') throw new Error('sw.js: is not in the bundle')
      const built = Object.values(bundle).filter(
        file => file !== sw && (file.type === 'chunk' || /\.(css|html)$/.test(file.fileName))
      )
      const own = readdirSync(PUBLIC, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => `${entry.parentPath}/${entry.name}`.slice(PUBLIC.length + 1))
      const hash = createHash('sha256')
      for (const file of built) hash.update(file.type === 'chunk' ? file.code : file.source)
      const list = [...built.map(file => file.fileName), ...own].sort()
      sw.code = sw.code
        .replace('__PRECACHE__', JSON.stringify(list))
        .replace('__VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)))
    }
  }
}

export default defineConfig({
  root: PAGE,
  // Works in any folder of a web host.
  base: './',
  publicDir: PUBLIC,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [policyInPage(), precacheList()],
  worker: { format: 'es' },
  build: {
    outDir: here('dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // An inlined asset would be a data: URL, which the policy does not allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What belongs to the first load, for scripts/page-size.ts.
    manifest: true,
    // Whose work is in the bundle, and on which terms.
    license: { fileName: 'licenses.md' },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { index: `${PAGE}/index.html`, sw: here('src/browser/service-worker/sw.ts') },
      output: { entryFileNames: chunk => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') }
    }
  }
})
