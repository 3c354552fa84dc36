/** An invite from stdin: on the command line the link of a private swarm stands for all users of the machine to see. */
import { createInterface } from 'node:readline'
import type { Invite } from '../../core/wire/invite.js'
import { InviteError, readInvite } from '../../core/wire/invite-text.js'
import { Interrupted, UsageError } from '../cli/errors.js'
import type { Terminal } from './consent.js'

/** Characters: a mail around the link has room, and no film. */
const MAX_TEXT = 65_536

/**
 * All of a pipe or file, or one line that a person pastes.
 * @param terminal by default stdin, and stderr for the question
 * @throws {UsageError} when it is no invite {Interrupted} when the person gives up
 */
export async function readPipedInvite(
  command: string,
  terminal: Terminal = { input: process.stdin, output: process.stderr }
): Promise<Invite> {
  const text = terminal.input.isTTY === true ? await pasted(terminal) : await all(terminal.input)
  try {
    return readInvite(text)
  } catch (cause) {
    if (cause instanceof InviteError)
      throw new UsageError(`${cause.message}\nSee: starlings ${command} --help`, { cause })
    throw cause
  }
}

function pasted({ input, output }: Terminal): Promise<string> {
  const lines = createInterface({ input, output })
  return new Promise((resolve, reject) => {
    lines.once('close', () => reject(new Interrupted()))
    lines.question('Paste the invite, then press Enter: ', text => {
      resolve(text)
      lines.close()
    })
  })
}

async function all(input: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of input) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text.length > MAX_TEXT) break
  }
  return text
}
