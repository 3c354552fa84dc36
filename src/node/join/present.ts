/** An invite for people: a link, the words of the swarm, what it is good for, and a QR code. */
import { shortId } from '../../core/protocol/short-id.js'
import { inviteLink } from '../../core/wire/invite-text.js'
import { makeInvite, staleFrom, type Width, widthOfInvite } from '../../net/invite.js'
import { formatPlural } from '../report/units.js'
import { qrCode } from './qr.js'
import type { InviteSource } from './source.js'

/** A link of some 700 characters: three or four peers. */
const LINK_BYTES = 512
/** A code of at most 80 columns. */
const QR_BYTES = 200

export interface Presented {
  readonly link: string
  readonly words: readonly string[]
  readonly width: Width | null
  /** From this day on addresses in it may be dead: year-month-day. */
  readonly staleFrom: string | null
  readonly peers: number
  readonly isSecret: boolean
  /** For the QR code: fewer addresses, those first that pages can dial. */
  readonly shortLink: string
}

/** @param page where a page of Starlings lies */
export function present(source: InviteSource, page: string | undefined): Presented {
  const invite = makeInvite({ ...source, maxBytes: LINK_BYTES })
  const small = makeInvite({ ...source, maxBytes: QR_BYTES, forPages: page !== undefined })
  return {
    link: inviteLink(invite, page),
    words: shortId(invite.swarm),
    width: widthOfInvite(invite) ?? null,
    staleFrom: staleFrom(invite)?.toISOString().slice(0, 10) ?? null,
    peers: invite.peers.length,
    isSecret: invite.key !== null,
    shortLink: inviteLink(small, page)
  }
}

/** What a person should know about a link before passing it on. @param home where its peer lives, if anywhere */
export function inviteLines({ words, width, staleFrom, peers, isSecret }: Presented, home?: string): readonly string[] {
  const fresh = `starlings invite${home === undefined ? '' : ` --home ${home}`}`
  return [
    `the swarm's words: ${words.join(' ')} (the same for all who are in it: compare them aloud)`,
    peers === 0 ? 'the invite names nobody that can be dialled' : reachLine(width, peers),
    ...(isSecret ? ['it holds the key of the swarm: whoever sees it can take part, so send it to friends only'] : []),
    ...(staleFrom === null ? [] : [`some of its addresses go stale on ${staleFrom}; ${fresh} makes a fresh one`])
  ]
}

function reachLine(width: Width | null, peers: number): string {
  const names = `the invite names ${formatPlural(peers, 'peer')}`
  if (width === 'anywhere')
    return `${names}, and has addresses on the internet; starlings doctor tells whether others reach them`
  if (width === 'network')
    return `${names}, and reaches people in the same network only; starlings doctor tells how others can reach this one`
  return `${names}, and reaches this machine only`
}

/** @returns undefined when it has no room in so many columns */
export function inviteCode({ shortLink }: Presented, columns: number): string | undefined {
  return qrCode(shortLink, columns)
}

/** For programs. */
export function inviteRecord({ shortLink, ...rest }: Presented): object {
  return { type: 'invite', ...rest, shortLink }
}
