/** What invites are made of: what a running node knows, or the home of one that does not run now. */
import { toHex } from '../../core/bytes.js'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import { createIdentity } from '../../net/identity.js'
import type { MakeInviteInit, Reachable } from '../../net/invite.js'
import { decodeKnownPeers } from '../../net/known-peers.js'
import { InputError } from '../cli/errors.js'
import type { LocalPeer } from '../local-peer.js'
import type { Home } from '../store/home.js'

export type InviteSource = Pick<MakeInviteInit, 'swarmId' | 'key' | 'staleAt' | 'peers'>

/** Besides the one that invites. */
const MAX_OTHERS = 5

/**
 * @param addresses where the peer of this home will listen
 * @throws {InputError} when the swarm is private and the home has lost its key
 */
export async function sourceOfHome(home: Home, addresses: readonly string[]): Promise<InviteSource> {
  const { manifest, privateKey } = home
  const self = { key: toHex(privateKey.publicKey.raw), addresses }
  return {
    swarmId: swarmId(manifest),
    key: inviteKey(home),
    peers: [self, ...(await othersOf(home)).filter(({ key }) => key !== self.key)],
    ...staleOf(addresses, (await home.certificate()).certificate.staleAt)
  }
}

/** @param key of a private swarm @param staleAt when the peer's addresses for WebRTC change */
export function sourceOfNode(
  local: LocalPeer,
  manifest: Manifest,
  key: Uint8Array | undefined,
  staleAt?: Date
): InviteSource {
  const self = { key: local.key, addresses: local.addresses() }
  return {
    swarmId: swarmId(manifest),
    key,
    peers: [self, ...local.dialable().slice(0, MAX_OTHERS)],
    ...staleOf(self.addresses, staleAt)
  }
}

/** Addresses without a certificate do not go stale. */
function staleOf(addresses: readonly string[], staleAt: Date | undefined): Pick<InviteSource, 'staleAt'> {
  const certified = addresses.some(address => address.includes('/webrtc-direct/'))
  return staleAt === undefined || !certified ? {} : { staleAt: staleAt.getTime() }
}

/** An invite without the key would lead to a closed door. */
function inviteKey({ manifest, swarmKey, path }: Home): Uint8Array | undefined {
  if (manifest.admission.rule === 'key' && swarmKey === undefined)
    throw new InputError(
      `${path}: the key of this private swarm is missing; join once more with an invite of somebody else`
    )
  return swarmKey
}

/** Whom the peer met, those seen last first. */
async function othersOf(home: Home): Promise<readonly Reachable[]> {
  const bytes = await home.readPeers()
  if (bytes === undefined) return []
  const { verify } = createIdentity(home.privateKey)
  const now = Date.now()
  const contacts = await decodeKnownPeers(bytes, verify, 0, now).catch(() => [])
  return [...contacts].sort((a, b) => b.seenAt - a.seenAt).slice(0, MAX_OTHERS)
}
