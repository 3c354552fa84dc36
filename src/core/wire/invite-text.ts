/** Invites as people pass them on: links, and what mail programs and fingers make of them. PROTOCOL.md, section 15. */
import { base64url } from 'multiformats/bases/base64'
import { DecodeError } from './error.js'
import { decodeInvite, encodeInvite, type Invite, MAX_INVITE_BYTES } from './invite.js'

/** What is wrong with a text that should be an invite; the message is a sentence for the person who pasted it. */
export type InviteFault = 'no-invite' | 'truncated' | 'garbled' | 'unknown-version' | 'too-long'

export class InviteError extends Error {
  override readonly name = 'InviteError'

  constructor(
    readonly fault: InviteFault,
    message: string
  ) {
    super(message)
  }
}

const INVITE_SCHEME = 'starlings:'

/** Longer is not even looked at: a link, its line breaks and a mail's quotes have room. */
const MAX_TEXT = 16_384
/** White space, also of no width, and what mail programs put around and before lines. */
const BETWEEN = /[\s\u200b-\u200d\u2060\ufeff\u00ad<>"'`“”‘’«»]+/gu
/** What a sentence puts behind a link. */
const BEHIND = /[.,;:!?)\]}*]+$/
/** How version 1 begins. */
const FIRST = 'AQ'
const BASE64URL = /^[\w-]+$/

/** An invite as a link. @param page where the page of Starlings lies, http or https; absent: a link for the command line */
export function inviteLink(invite: Invite, page?: string): string {
  const text = base64url.baseEncode(encodeInvite(invite))
  // Behind the #: browsers keep that to themselves, so no server ever sees a key.
  return page === undefined ? `${INVITE_SCHEME}${text}` : `${page}#${text}`
}

/**
 * Takes a link, a `starlings:` address or what stands behind their # or colon, with the spaces, line breaks and quotes
 * that it met on its way.
 * @throws {InviteError}
 */
export function readInvite(text: string): Invite {
  if (text.length > MAX_TEXT)
    throw new InviteError('too-long', 'This is far longer than an invite. Paste only its link.')
  const bytes = bytesOf(inviteText(text))
  try {
    return decodeInvite(bytes)
  } catch (error) {
    if (error instanceof DecodeError) throw faultOf(error)
    throw error
  }
}

/** The part that is the invite. */
function inviteText(text: string): string {
  const packed = text.replaceAll(BETWEEN, '').replace(BEHIND, '')
  if (packed === '')
    throw new InviteError('no-invite', 'There is no invite here. Paste the whole link that you were sent.')
  const hash = packed.lastIndexOf('#')
  if (hash >= 0) return packed.slice(hash + 1)
  const scheme = /^starlings:(?:\/\/)?/i.exec(packed)?.[0]
  if (scheme !== undefined) return packed.slice(scheme.length)
  if (/^[a-z][\w+.-]*:\/\//i.test(packed))
    throw new InviteError(
      'truncated',
      'This link has lost its end: the invite is what stands behind the #. Ask for the whole link.'
    )
  return packed
}

function bytesOf(text: string): Uint8Array {
  // Padding and the other alphabet of base64 come from programs that know better.
  const plain = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
  if (plain === '')
    throw new InviteError(
      'truncated',
      'This link has lost its end: nothing stands behind the #. Ask for the whole link.'
    )
  if (!BASE64URL.test(plain))
    throw new InviteError(
      'no-invite',
      'This is no invite: one is made of letters, digits, - and _, often behind a # in a link.'
    )
  if (plain.length > Math.ceil((MAX_INVITE_BYTES * 4) / 3))
    throw new InviteError('too-long', 'This is longer than an invite can be. Paste only its link.')
  try {
    return base64url.baseDecode(plain)
  } catch {
    // A character too many for whole bytes, or bits at the end that are not zero: something was cut off, if it is an invite at all.
    throw faultOf(new DecodeError(plain.startsWith(FIRST) ? 'truncated' : 'unknown-version'))
  }
}

function faultOf({ reason }: DecodeError): InviteError {
  if (reason === 'truncated')
    return new InviteError('truncated', 'A part of this invite is missing. Copy the whole link, to its last character.')
  if (reason === 'unknown-version')
    return new InviteError(
      'unknown-version',
      'This is no invite, or one that a newer Starlings made. Copy the whole link again, or update Starlings.'
    )
  return new InviteError('garbled', 'This invite was garbled on its way. Copy the link again, or ask for a fresh one.')
}
