/** An invite as a page uses it. */
import { swarmIdOf } from '../../core/protocol/short-id.js'
import { InviteError, readInvite } from '../../core/wire/invite-text.js'
import { peersOf, staleFrom } from '../../net/invite.js'
import { SessionError } from './errors.js'

export interface Invitation {
  readonly swarm: string
  /** Of a private swarm. */
  readonly key: Uint8Array | undefined
  /** Multiaddrs with peer ids, those of unknown kinds left out. */
  readonly addresses: readonly string[]
  readonly staleAt: Date | null
}

/** @throws {SessionError} with a sentence for the person */
export function readInvitation(text: string): Invitation {
  try {
    const invite = readInvite(text)
    return {
      swarm: swarmIdOf(invite.swarm),
      key: invite.key ?? undefined,
      addresses: peersOf(invite).flatMap(({ addresses }) => addresses),
      staleAt: staleFrom(invite)
    }
  } catch (cause) {
    if (cause instanceof InviteError) throw new SessionError('bad-invite', cause.message, { cause })
    throw cause
  }
}
