/** The running node's side of its control socket. */
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { type ControlRequest, MAX_REQUEST_BYTES, parseRequest } from './messages.js'
import { type ControlPlace, controlPlace, isOwnFolder } from './place.js'

/** Each answers one kind of question; what it throws is told to whoever asked. */
export type ControlHandlers = {
  readonly [Ask in ControlRequest['ask']]?: (request: Extract<ControlRequest, { readonly ask: Ask }>) => unknown
}

export interface Control {
  /** The socket's path, or the pipe's name. */
  readonly path: string
  /** Takes the socket away. Twice is fine. */
  close(): Promise<void>
}

/** Who asks and says nothing is let go after this, ms. */
const PATIENCE_MS = 10_000
/** Answers that are on their way when the node ends have so long, ms. */
const GOODBYE_MS = 1000

/**
 * Listens for questions about the node that uses this home. Only one process uses a home at a time, so that a socket which is
 * already there is of one that ended badly. Rejects when there can be no socket, as on some network disks.
 */
export async function createControl(home: string, handlers: ControlHandlers): Promise<Control> {
  const place = controlPlace(home)
  if (place.folder !== undefined) await makeOwnFolder(place.folder)
  await unlink(place.path).catch(() => undefined)
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, handlers)
  })
  await listen(server, place)
  // What goes wrong with a socket later must not end the node.
  server.on('error', () => undefined)
  let closing: Promise<void> | undefined
  return {
    path: place.path,
    close() {
      closing ??= new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.end(() => socket.destroySoon())
        // Who does not read its answer does not keep the node.
        setTimeout(() => sockets.forEach(socket => void socket.destroy()), GOODBYE_MS).unref()
      })
      return closing
    }
  }
}

/** In a folder for everybody's temporary files: it must be ours, and no link to somewhere else. */
async function makeOwnFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch(error => {
    if (error.code !== 'EEXIST') throw error
  })
  if (!isOwnFolder(await lstat(folder))) throw new Error(`${folder}: belongs to somebody else`)
  await chmod(folder, 0o700)
}

async function listen(server: Server, { path }: ControlPlace): Promise<void> {
  // The socket is made within `listen`, and nobody else may open it, not even for a moment.
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, () => {
        server.off('error', reject)
        resolve()
      })
      process.umask(umask)
    })
  } finally {
    process.umask(umask)
  }
}

function serve(socket: Socket, handlers: ControlHandlers): void {
  let text = ''
  let asked = false
  socket.setEncoding('utf8')
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.on('error', () => undefined)
  socket.on('end', () => {
    if (!asked) socket.end()
  })
  socket.on('data', (chunk: string) => {
    if (asked) return
    text += chunk
    const end = text.indexOf('\n')
    if (end < 0 && text.length <= MAX_REQUEST_BYTES) return
    asked = true
    socket.setTimeout(0)
    void answer(end < 0 ? '' : text.slice(0, end), handlers).then(line => socket.end(line))
  })
}

async function answer(line: string, handlers: ControlHandlers): Promise<string> {
  try {
    const request = parseRequest(line)
    const handler = handlers[request.ask] as ((request: ControlRequest) => unknown) | undefined
    if (handler === undefined) throw new TypeError(`this node cannot be asked for: ${request.ask}`)
    return `${JSON.stringify({ answer: (await handler(request)) ?? null })}\n`
  } catch (error) {
    return `${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`
  }
}
