/** Reading what users hand in, with errors that name the file and the line. */
import { open } from 'node:fs/promises'
import { InputError, systemReason } from './errors.js'

/**
 * Text of a file of at most `maxBytes`.
 * @param remedy what to do when the file is not there
 * @throws {InputError}
 */
export async function readText(path: string, maxBytes: number, remedy: string): Promise<string> {
  try {
    const bytes = await readAtMost(path, maxBytes + 1)
    if (bytes.length > maxBytes) throw new InputError(`${path}: larger than ${maxBytes} bytes; ${remedy}`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    if (cause instanceof TypeError) throw new InputError(`${path}: not UTF-8 text; ${remedy}`, { cause })
    throw new InputError(`${path}: ${systemReason(cause) ?? 'cannot be read'}; ${remedy}`, { cause })
  }
}

/** Reads in place of asking for the size first, which says nothing about a pipe or a file that grows. */
async function readAtMost(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array(maxBytes)
    let length = 0
    while (length < maxBytes) {
      const { bytesRead } = await file.read(bytes, length, maxBytes - length, null)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}

/** @throws {InputError} that names the file and the line of the mistake */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    // The engine's sentence goes on with a quote of the text around, line ends included; the line number replaces it.
    const reason = message.split(/, (?:\.\.\.)?"| in JSON/)[0]
    throw new InputError(`${path}:${errorLine(text, message)}: not valid JSON: ${reason}`, { cause })
  }
}

/** Engines tell an offset, or a snippet with ten characters on either side, or neither at the end of the text. */
function errorLine(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message)?.[1]
  const quoted = /^Unexpected token '([\s\S]+?)', (\.\.\.)?"([\s\S]*?)"(?:\.\.\.)? is not valid JSON$/.exec(message)
  let offset = text.trimEnd().length
  if (position !== undefined) offset = Number(position)
  else if (quoted) {
    const [, token, cut, snippet] = quoted
    const start = text.indexOf(snippet!)
    if (start >= 0) offset = cut === undefined ? text.indexOf(token!, start) : start + 10
  }
  return text.slice(0, Math.max(0, offset)).split('\n').length
}
