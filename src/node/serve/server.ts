/** Serves the page, and nothing but the page. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { InputError, systemReason } from '../cli/errors.js'
import { type PageFile, type PageFiles, readPageFiles } from './files.js'
import { SECURITY_HEADERS } from './policy.js'

export interface PageServerInit {
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** 0: any free one. @default 0 */
  readonly port?: number
  /** PEM; makes it https. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Of the built page. @default dist/page */
  readonly folder?: string
  /** After so long without a byte either way a connection ends, ms. @default 60_000 */
  readonly idleMs?: number
  /** Of more, the latest are closed. @default 512 */
  readonly maxConnections?: number
}

export interface PageServer {
  readonly port: number
  /** With the address that it listens on; a wildcard is shown as localhost. Ends with a slash. */
  readonly url: string
  /** Ends connections, too. Twice is fine. */
  stop(): Promise<void>
}

/** A page is some twenty small requests; who takes longer to ask holds a socket for nothing. */
const REQUEST_MS = 10_000
/** Nor does anybody who reads take longer than this over one piece. */
const IDLE_MS = 60_000
/** A class of phones opens six each; a node that serves the page needs sockets of its own, too. */
const MAX_CONNECTIONS = 512

/** @throws {InputError} when there is no page, or the address cannot be listened on */
export async function startPageServer(init: PageServerInit = {}): Promise<PageServer> {
  const { host = '127.0.0.1', port = 0, tls } = init
  const files = await readPageFiles(init.folder)
  const answer = (request: IncomingMessage, response: ServerResponse): void => serve(files, request, response)
  const server = tls === undefined ? createServer(answer) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, answer)
  server.requestTimeout = REQUEST_MS
  server.headersTimeout = REQUEST_MS
  server.setTimeout(init.idleMs ?? IDLE_MS)
  server.maxConnections = init.maxConnections ?? MAX_CONNECTIONS
  await listen(server, host, port)
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost(host)}:${bound}/`,
    stop: () => stop(server)
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => {
      reject(new InputError(`${host}, port ${port}: ${systemReason(cause) ?? cause.message}`, { cause }))
    })
    server.listen(port, host, () => resolve())
  })
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    // The only error is that it is closed already.
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function serve(files: PageFiles, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  // Where a page is no secure context, browsers ignore it and log an error.
  if (!isTrustworthy(request)) response.removeHeader('cross-origin-opener-policy')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    say(request, response, 405, 'only GET and HEAD')
    return
  }
  // Looked up as it is, undecoded: no name of a file needs an escape, so no escape leads to a file.
  const path = (request.url ?? '/').replace(/[?#].*$/s, '')
  const file = files.get(path)
  if (file === undefined) say(request, response, 404, 'no such file')
  else send(file, request, response)
}

/** As browsers see it: encrypted, or from this machine. */
function isTrustworthy({ socket, headers }: IncomingMessage): boolean {
  return 'encrypted' in socket || /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(headers.host ?? '')
}

function send(file: PageFile, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('cache-control', file.cacheControl)
  response.setHeader('etag', file.etag)
  if (file.gzipped !== undefined) response.setHeader('vary', 'accept-encoding')
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304).end()
    return
  }
  const gzipped = acceptsGzip(request) ? file.gzipped : undefined
  if (gzipped !== undefined) response.setHeader('content-encoding', 'gzip')
  const body = gzipped ?? file.bytes
  response.writeHead(200, { 'content-type': file.type, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  return String(headers['accept-encoding'] ?? '')
    .split(',')
    .some(part => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part))
}

function say(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : `${text}\n`)
}
