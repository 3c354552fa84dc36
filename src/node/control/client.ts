/** Asking a node that runs on this machine. */
import { lstat, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { InputError, Interrupted, systemReason } from '../cli/errors.js'
import { FILES } from '../store/home-folder.js'
import { isTaken } from '../store/lock.js'
import { type ControlRequest, MAX_ANSWER_BYTES, parseReply } from './messages.js'
import { controlPlace, isOwnFolder } from './place.js'

/** A node that trains on few cores may take a while to answer, ms. */
const PATIENCE_MS = 30_000

/**
 * One question to the node that uses this home. @param signal nobody waits for the answer any more
 * @returns what its handler gave
 * @throws {InputError} when there is no home, no node runs there, or it cannot answer; the message says what to do
 * @throws {Interrupted} when the signal is aborted
 */
export async function askNode(home: string, request: ControlRequest, signal?: AbortSignal): Promise<unknown> {
  const found = await stat(home).catch(cause => {
    throw new InputError(
      `--home ${home}: ${systemReason(cause) ?? 'cannot be read'}; name the folder of a running node`,
      {
        cause
      }
    )
  })
  if (!found.isDirectory()) throw new InputError(`--home ${home}: is a file; name the folder of a running node`)
  await checkFolder(home)
  const line = await exchange(home, request, signal).catch(async error => {
    if (isNobody(error) && (await isTaken(join(home, FILES.lock))))
      throw new InputError(`the node of ${home} is still starting, or just leaving; try again in a moment`)
    throw error
  })
  const reply = readReply(home, line)
  if ('error' in reply) throw new InputError(`the node of ${home}: ${reply.error}`)
  return reply.answer
}

/** What a socket says where nobody listens. */
const NOBODY = new Set<unknown>(['ENOENT', 'ECONNREFUSED'])

/** Whether the answer of {@link askNode} was that no node runs there. */
export function isNobody(error: unknown): boolean {
  const { cause } = error instanceof InputError ? error : {}
  return cause instanceof Error && 'code' in cause && NOBODY.has(cause.code)
}

/** In a folder for everybody's files, somebody else may have made the one where the socket is looked for, and would answer. */
async function checkFolder(home: string): Promise<void> {
  const { folder } = controlPlace(home)
  const found = folder === undefined ? undefined : await lstat(folder).catch(() => undefined)
  if (folder !== undefined && found !== undefined && !isOwnFolder(found))
    throw new InputError(
      `the node of ${home} cannot be asked: ${folder} belongs to somebody else; remove it, or move the home to a shorter path`
    )
}

function readReply(home: string, line: string) {
  try {
    return parseReply(line)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new InputError(`the node of ${home} cannot be understood: ${why}`, { cause })
  }
}

function exchange(home: string, request: ControlRequest, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Interrupted())
    const socket = connect(controlPlace(home).path)
    const interrupt = (): void => {
      reject(new Interrupted())
      socket.destroy()
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    let text = ''
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy()
      reject(new InputError(message, { cause }))
    }
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE_MS, () => fail(`the node of ${home} does not answer; is it stopped or frozen?`))
    socket.on('error', cause => fail(`${reasonOf(home, cause)}`, cause))
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > MAX_ANSWER_BYTES) fail(`the node of ${home} cannot be understood: its answer has no end`)
      const end = text.indexOf('\n')
      if (end < 0) return
      socket.destroy()
      resolve(text.slice(0, end))
    })
    socket.on('close', () => {
      signal?.removeEventListener('abort', interrupt)
      fail(`the node of ${home} ended before it answered`)
    })
  })
}

function reasonOf(home: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
    return `no node runs with --home ${home}; start it with: starlings node --home ${home}`
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return `the node of ${home} is somebody else's; ask as its user`
  return `the node of ${home} cannot be reached: ${systemReason(error) ?? error.message}`
}
