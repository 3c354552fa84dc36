/** A plain web server for files, in a process of its own so that it can stand on a machine of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Namespace } from './netns.js'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png'
}

export interface Served {
  readonly port: number
  readonly process: ChildProcess
  stop(): Promise<void>
}

/** Listens on all addresses of the machine. */
export async function serveFolder(folder: string, where?: Namespace): Promise<Served> {
  const [file = '', ...args] = [...(where?.prefix ?? []), process.execPath, fileURLToPath(import.meta.url), folder]
  const server = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: server.stdout }), 'line')
  return {
    port: Number(line),
    process: server,
    stop: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return
      const gone = once(server, 'exit')
      server.kill()
      await gone
    }
  }
}

async function answer(folder: string, path: string): Promise<{ status: number; type: string; body: Uint8Array }> {
  const name = normalize(path.endsWith('/') ? `${path}index.html` : path)
  try {
    return { status: 200, type: TYPES[extname(name)] ?? 'text/plain', body: await readFile(join(folder, name)) }
  } catch {
    return { status: 404, type: 'text/plain', body: new TextEncoder().encode('not here') }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? '.'
  const server = createServer(async (request, response) => {
    const { status, type, body } = await answer(folder, new URL(request.url ?? '/', 'http://here').pathname)
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  server.listen(0, () => {
    const address = server.address()
    console.log(typeof address === 'object' ? address?.port : address)
  })
}
