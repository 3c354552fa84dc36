/** An invite as a page uses it. */
import { fitsKey } from '../../core/protocol/admission.js'
import { swarmIdOf } from '../../core/protocol/swarm-id.js'
import { InviteError, readInvite } from '../../core/wire/invite-text.js'
import { peersOf, staleFrom } from '../../net/invite.js'
import { SessionError } from './errors.js'
import type { BrowserHome } from './storage/home.js'

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

/** Addresses kept of one swarm. */
const MAX_ADDRESSES = 64

/**
 * Keeps what an invite says, the newest addresses first.
 * Rejects with a {@link SessionError} when its key is not that of the swarm, as far as that is known.
 */
export async function rememberInvitation(home: BrowserHome, invitation: Invitation): Promise<void> {
  const { swarm, key, addresses, staleAt } = invitation
  const manifest = await home.manifest(swarm)
  if (key !== undefined && manifest !== undefined && !fitsKey(manifest.admission, key))
    throw new SessionError('bad-invite', 'The key in this invite is not that of the swarm. Ask for a fresh one.')
  const before = (await home.get(swarm, 'addresses')) ?? []
  await home.put(swarm, 'addresses', [...new Set([...addresses, ...before])].slice(0, MAX_ADDRESSES))
  if (key !== undefined) await home.put(swarm, 'key', key)
  if (staleAt !== null) await home.put(swarm, 'staleAt', staleAt.getTime())
}
