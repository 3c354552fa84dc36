import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { keptCertificate } from '#src/node/serve/certificate.js'
import { type PageServer, type PageServerInit, startPageServer } from '#src/node/serve/server.js'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

interface Question {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly ca?: string
}

const DAY_MS = 86_400_000
const HTML = '<!doctype html><title>Starlings</title>'.repeat(20)

describe('the server of the page', () => {
  let folder: string
  const servers: PageServer[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-serve-'))
    await mkdir(join(folder, 'page', 'assets'), { recursive: true })
    await mkdir(join(folder, 'page', '.vite'))
    await writeFile(join(folder, 'page', 'index.html'), HTML)
    await writeFile(join(folder, 'page', 'sw.js'), 'self.x = 1')
    await writeFile(join(folder, 'page', '.vite', 'manifest.json'), '{}')
    await writeFile(join(folder, 'page', 'assets', 'trainer-AbC.wasm'), Buffer.from([0, 0x61, 0x73, 0x6d]))
    await writeFile(join(folder, 'secret.txt'), 'not for anybody')
  })

  afterEach(async () => {
    await Promise.all(servers.splice(0).map(server => server.stop()))
    await rm(folder, { recursive: true })
  })

  async function start(init: PageServerInit = {}): Promise<PageServer> {
    const server = await startPageServer({ folder: join(folder, 'page'), ...init })
    servers.push(server)
    return server
  }

  it('lets go of who asks and then reads nothing', async () => {
    const server = await start({ idleMs: 200 })
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    const asked = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
    // More than all buffers on the way hold.
    for (let i = 0; i < 20_000; i++) socket.write(asked)
    socket.on('error', () => undefined)
    socket.pause()
    // Who reads nothing hears of the end when it writes.
    const probe = setInterval(() => socket.write(asked), 50)
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    clearInterval(probe)
  })

  it('keeps no more connections than it was told to', async () => {
    const server = await start({ maxConnections: 2 })
    const sockets = Array.from({ length: 3 }, () => connect(server.port, '127.0.0.1'))
    await Promise.race(sockets.map(socket => once(socket, 'close')))
    for (const socket of sockets) socket.destroy()
  })

  it('answers with the page, a policy that allows the own origin only, and a type that is not guessed', async () => {
    const server = await start()
    for (const path of ['/', '/index.html', '/?from=somewhere']) {
      const { status, headers, body } = await ask(server, { path })
      assert.equal(status, 200, path)
      assert.equal(body.toString(), HTML)
      assert.equal(headers['content-type'], 'text/html; charset=utf-8')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      const policy = String(headers['content-security-policy'])
      assert.match(policy, /default-src 'none'/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:/)
    }
    assert.equal((await ask(server, { path: '/assets/trainer-AbC.wasm' })).headers['content-type'], 'application/wasm')
  })

  it('lets browsers keep what is named by its content, and asks them to look for a newer page and service worker', async () => {
    const server = await start()
    const wasm = await ask(server, { path: '/assets/trainer-AbC.wasm' })
    assert.equal(wasm.headers['cache-control'], 'public, max-age=31536000, immutable')
    for (const path of ['/', '/sw.js']) {
      const first = await ask(server, { path })
      assert.equal(first.headers['cache-control'], 'no-cache', path)
      const again = await ask(server, { path, headers: { 'if-none-match': String(first.headers.etag) } })
      assert.equal(again.status, 304)
      assert.equal(again.body.length, 0)
    }
  })

  it('compresses for those who can read it', async () => {
    const server = await start()
    const { headers, body } = await ask(server, { headers: { 'accept-encoding': 'br, gzip;q=0.8' } })
    assert.equal(headers['content-encoding'], 'gzip')
    assert.equal(headers.vary, 'accept-encoding')
    assert.equal(gunzipSync(body).toString(), HTML)
    assert.equal(
      (await ask(server, { headers: { 'accept-encoding': 'gzip;q=0' } })).headers['content-encoding'],
      undefined
    )
  })

  it('gives nothing but the files of the page, however a path is written', async () => {
    const server = await start()
    const paths = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '//secret.txt',
      '/.vite/manifest.json',
      '/assets',
      '/assets/',
      '/index.html%00.js',
      '/constructor',
      '/__proto__'
    ]
    for (const path of paths) {
      const { status, body } = await ask(server, { path })
      assert.equal(status, 404, path)
      assert.equal(body.toString(), 'no such file\n')
    }
  })

  it('takes GET and HEAD only', async () => {
    const server = await start()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask(server, { method })
      assert.equal(status, 405, method)
      assert.equal(headers.allow, 'GET, HEAD')
    }
    const head = await ask(server, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.headers['content-length'], String(HTML.length))
    assert.equal(head.body.length, 0)
  })

  it('outlives what is no HTTP, and stops although somebody holds a connection', async () => {
    const server = await start()
    const rude = connect(server.port, '127.0.0.1')
    await once(rude, 'connect')
    rude.write('\u0016\u0003\u0001 not http\r\n\r\n')
    await once(rude, 'data')
    const idle = connect(server.port, '127.0.0.1')
    await once(idle, 'connect')
    assert.equal((await ask(server)).status, 200)
    const closed = once(idle, 'close')
    await server.stop()
    await closed
    await server.stop()
    rude.destroy()
  })

  it('serves over https with a certificate of its own, which it keeps for its owner only', async () => {
    const path = join(folder, 'new', 'page.pem')
    const made = await keptCertificate(path, ['localhost', '127.0.0.1', '192.0.2.7'], new Date())
    assert.equal(made.made, true)
    assert.match(made.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const server = await start({ tls: made })
    assert.match(server.url, /^https:/)
    // A browser that was told to trust exactly this certificate.
    assert.equal((await ask(server, { ca: made.cert })).status, 200)
    await assert.rejects(ask(server), /self-signed certificate/)
  })

  it('takes the same certificate next time, and another one for a new address or when it is about to end', async () => {
    const path = join(folder, 'page.pem')
    const now = new Date()
    const first = await keptCertificate(path, ['localhost', '192.0.2.7'], now)
    const again = await keptCertificate(path, ['localhost'], now)
    assert.equal(again.made, false)
    assert.equal(again.fingerprint, first.fingerprint)
    const moved = await keptCertificate(path, ['localhost', '192.0.2.8'], now)
    assert.equal(moved.made, true)
    // Back at the earlier address nothing has to be asked again.
    assert.equal((await keptCertificate(path, ['192.0.2.7', '192.0.2.8'], now)).fingerprint, moved.fingerprint)
    const later = await keptCertificate(path, ['localhost'], new Date(now.getTime() + 390 * DAY_MS))
    assert.equal(later.made, true)
  })

  it('says what is wrong with a certificate, a folder without a page, and a port that is taken', async () => {
    const path = join(folder, 'page.pem')
    await writeFile(path, 'rubbish')
    await assert.rejects(keptCertificate(path, ['localhost'], new Date()), /page\.pem: holds no certificate/)
    assert.equal(await readFile(path, 'utf8'), 'rubbish')
    await assert.rejects(startPageServer({ folder: join(folder, 'nothing') }), /the page is not built there/)
    const server = await start()
    await assert.rejects(start({ port: server.port }), /address in use/)
  })
})

function ask(server: PageServer, { path = '/', method = 'GET', headers = {}, ca }: Question = {}): Promise<Answer> {
  const secure = server.url.startsWith('https:')
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path, method, headers, agent: false }
    const asked = secure
      ? tlsRequest({ ...options, ...(ca === undefined ? {} : { ca }), servername: 'localhost' })
      : plainRequest(options)
    asked.on('error', reject)
    asked.on('response', response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) })
      )
    })
    asked.end()
  })
}
