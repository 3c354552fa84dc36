/** What the page's first load weighs, gzipped; fails above the limit. npm run page-size */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import * as v from 'valibot'

const PAGE = new URL('../../page/', import.meta.url)
/** Shell and network. The trainer's worker and its wasm load after it, once. */
const LIMIT = 350_000

const names = v.optional(v.array(v.string()), [])
/** Vite's list of what it built, by the name of the source. */
const built = v.record(
  v.string(),
  v.object({ file: v.string(), imports: names, dynamicImports: names, css: names, isEntry: v.optional(v.boolean()) })
)

const chunks = v.parse(built, JSON.parse(await readFile(new URL('.vite/manifest.json', PAGE), 'utf8')))
const first = new Set<string>(['index.html'])
addChunk('index.html')

let total = 0
for (const name of first) {
  const bytes = await readFile(new URL(name, PAGE))
  const size = gzipSync(bytes, { level: 9 }).length
  total += size
  console.log(`${String(size).padStart(8)}  ${name}`)
}
console.log(`${String(total).padStart(8)}  bytes gzipped in the page's first load; the limit is ${LIMIT}`)
if (total > LIMIT) process.exitCode = 1

/** Chunks that are loaded on demand count, too: a person who takes part needs all of them. */
function addChunk(name: string): void {
  const chunk = chunks[name]
  if (chunk === undefined || first.has(chunk.file)) return
  for (const file of [chunk.file, ...chunk.css]) first.add(file)
  for (const other of [...chunk.imports, ...chunk.dynamicImports]) addChunk(other)
}
