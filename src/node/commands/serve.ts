/** `starlings serve`: the page, from this machine. */
import { once } from 'node:events'
import * as v from 'valibot'
import { inviteLink, readInvite } from '../../core/wire/invite-text.js'
import { InputError, Interrupted, printable, UsageError } from '../cli/errors.js'
import { listenForInterrupts } from '../cli/interrupt.js'
import type { ServeOptions } from '../cli/options.js'
import { askNode } from '../control/index.js'
import { qrCode } from '../join/qr.js'
import { qrFor } from '../join/tell.js'
import { servePage } from '../serve/place.js'

export async function serve(options: ServeOptions): Promise<void> {
  const { host, port, https = false, home, invite } = options
  if (invite !== undefined) checkInvite(invite)
  const interrupts = listenForInterrupts()
  const served = await servePage({ host, port, https, home })
  try {
    for (const lines of served.words) say(lines)
    const links = await linksFor(options, served.best, interrupts.signal)
    if (links !== undefined) {
      say(['The invite, as a link to this page:', `  ${links.link}`])
      const code = qrFor(undefined, columns => qrCode(links.short, columns))
      if (code !== undefined) process.stderr.write(`${code}\n\n`)
    }
    say(['Ctrl-C ends it.'])
    if (!interrupts.signal.aborted) await once(interrupts.signal, 'abort')
  } finally {
    await served.stop()
    interrupts.release()
  }
}

interface Links {
  readonly link: string
  /** For the code. */
  readonly short: string
}

/** What a running node answers when it is asked for an invite, of which two fields matter here. */
const answer = v.object({ link: v.string(), shortLink: v.string() })

async function linksFor({ home, invite }: ServeOptions, page: string, signal: AbortSignal): Promise<Links | undefined> {
  if (invite !== undefined) {
    const link = inviteLink(readInvite(invite), page)
    return { link, short: link }
  }
  if (home === undefined) return undefined
  try {
    const { link, shortLink } = v.parse(answer, await askNode(home, { ask: 'invite', page }, signal))
    return { link, short: shortLink }
  } catch (error) {
    if (error instanceof Interrupted) return undefined
    // The page is of use without it, and the node may be started later.
    const why = error instanceof InputError ? error.message : `--home ${home}: the node answered without an invite`
    process.stderr.write(`warning: ${printable(why)}\nlater: starlings invite --home ${home} --page ${page}\n\n`)
    return undefined
  }
}

function checkInvite(text: string): void {
  try {
    readInvite(text)
  } catch (cause) {
    throw new UsageError(`--invite: ${cause instanceof Error ? cause.message : cause}\nSee: starlings serve --help`, {
      cause
    })
  }
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`)
}
