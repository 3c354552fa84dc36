/** Prints an invite: the link alone on stdout, for programs; what a person should know on stderr. */
import { commandName, shellWord } from '../node-lines.js'
import { inviteCode, inviteLines, present } from './present.js'
import type { InviteSource } from './source.js'

export interface TellOptions {
  readonly home: string
  readonly page?: string
  readonly qr?: boolean
}

/** After `swarm create`, when the peer does not run yet. */
export function tellInvite(source: InviteSource, { home, page, qr }: TellOptions, say: (line: string) => void): void {
  const invite = present(source, page)
  for (const line of inviteLines(invite, shellWord(home))) say(line)
  const code = qrFor(qr, columns => inviteCode(invite, columns))
  if (code !== undefined) process.stderr.write(`${code}\n`)
  say('start the first peer, without which the invite leads to nobody:')
  say(`  ${commandName(process.env)} node --home ${shellWord(home)}`)
  say('friends then type:')
  say(`  ${commandName(process.env)} join <invite>`)
  say('the invite:')
  process.stdout.write(`${invite.link}\n`)
}

/**
 * A code where it was asked for, or where somebody looks and there is room.
 * @param asked false: none @default as there is room
 */
export function qrFor(asked: boolean | undefined, code: (columns: number) => string | undefined): string | undefined {
  if (asked === true) return code(Number.POSITIVE_INFINITY)
  return asked !== false && process.stderr.isTTY ? code(process.stderr.columns ?? 0) : undefined
}
