/** The built page in memory: a request can name one of these files, and no path leads anywhere else. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { InputError } from '../cli/errors.js'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gz': 'application/gzip',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  // Shown rather than downloaded.
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json'
}

/** What compression still makes smaller. */
const COMPRESSIBLE = new Set(['.css', '.html', '.js', '.json', '.md', '.svg', '.txt', '.wasm', '.webmanifest'])

export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array
  /** Absent where it would not be smaller. */
  readonly gzipped?: Uint8Array
  /** Of the content, with its quotes. */
  readonly etag: string
  readonly cacheControl: string
}

/** By the path of the request, which begins with a slash. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** Where the build puts the page, next to the compiled program. */
const PAGE_FOLDER = fileURLToPath(new URL('../../page/', import.meta.url))

/** @throws {InputError} when there is no page in the folder */
export async function readPageFiles(folder: string = PAGE_FOLDER): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = new Map<string, PageFile>()
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const name = `/${relative(folder, path).split(sep).join('/')}`
    // What begins with a dot is the build's own; links could lead out of the folder.
    if (!entry.isFile() || name.includes('/.')) continue
    files.set(name, await readPageFile(path, name))
  }
  const index = files.get('/index.html')
  if (index === undefined)
    throw new InputError(`${folder}: the page is not built there; build it with: npm run build (in a checkout)`)
  return files.set('/', index)
}

async function readPageFile(path: string, name: string): Promise<PageFile> {
  const bytes = await readFile(path)
  const kind = extname(name)
  const gzipped = COMPRESSIBLE.has(kind) ? await promisify(gzip)(bytes, { level: 9 }) : undefined
  return {
    type: TYPES[kind] ?? 'application/octet-stream',
    bytes,
    ...(gzipped !== undefined && gzipped.length < bytes.length ? { gzipped } : {}),
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    // Names under assets/ change with the content. All else is asked for again each time: an old service worker or
    // page would hold a newer one back.
    cacheControl: name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  }
}
