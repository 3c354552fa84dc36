/**
 * The service worker: the page opens without a network and shows how things stood. It keeps files of the page and
 * nothing else; what peers say never passes through here.
 */

/** Paths relative to this script; the build writes both. */
declare const __PRECACHE__: readonly string[]
declare const __VERSION__: string

const worker = self as unknown as ServiceWorkerGlobalScope
const PREFIX = 'starlings-page-'
const CACHE = `${PREFIX}${__VERSION__}`
/** Their names change with their content, so a kept one never grows old. */
const HASHED = /\/assets\/[^/]+$/

worker.addEventListener('install', event => {
  // Past the browser's own cache: a host may have let index.html be kept for hours. A newer worker then waits until the
  // last tab is closed (no skipWaiting): an open page may still need chunks of its own version.
  const fetched = caches
    .open(CACHE)
    .then(cache => cache.addAll(__PRECACHE__.map(path => new Request(path, { cache: 'reload' }))))
  event.waitUntil(fetched)
})

worker.addEventListener('activate', event => {
  const tidied = caches.keys().then(async names => {
    const old = names.filter(name => name.startsWith(PREFIX) && name !== CACHE)
    await Promise.all(old.map(name => caches.delete(name)))
    await worker.clients.claim()
  })
  event.waitUntil(tidied)
})

worker.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else event.respondWith(file(request, HASHED.test(url.pathname)))
})

/** The newest page there is, or the kept one without a network. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match('index.html')
    if (kept) return kept
    throw error
  }
}

/** @param keep a file that is not yet kept and may be for good: the trainer and its wasm */
async function file(request: Request, keep: boolean): Promise<Response> {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(request, { ignoreSearch: true })
  if (kept) return kept
  const response = await fetch(request)
  // What was kept is there for as long as the page's version is, so a broken answer must not get in.
  if (keep && response.status === 200) await cache.put(request, response.clone())
  return response
}
