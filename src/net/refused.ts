/** Who did not become a neighbour, and why, for people. PROTOCOL.md, section 14. */
import { toHex } from '../core/bytes.js'
import { shortId } from '../core/protocol/short-id.js'
import { HELLO_VERSION, type HelloMessage, type Refusal } from '../core/wire/hello.js'
import type { PeerKey } from '../interface.js'
import { peerIdOfKey } from './identity.js'

/** `no-hello`: it said nothing, or nothing that a peer says. */
export type RefusedReason = Refusal | 'no-hello'

export interface Refused {
  readonly peer: PeerKey
  readonly reason: RefusedReason
  /** This peer refused the other one; else the other way round. Both do for another version, swarm or key. */
  readonly byUs: boolean
  /** This peer had dialled it. */
  readonly dialled: boolean
  /** Its program, as it says; undefined when it said nothing. */
  readonly software: string | undefined
  /** One sentence, and what to do. */
  readonly words: string
}

export interface RefusedFacts extends Omit<Refused, 'words' | 'software'> {
  readonly them: HelloMessage | undefined
}

/** The facts with their sentence. */
export function refusedOf({ them, ...facts }: RefusedFacts): Refused {
  return { ...facts, software: them?.software, words: refusalInWords({ them, ...facts }) }
}

function refusalInWords({ peer, reason, byUs, them }: RefusedFacts): string {
  const who = peerIdOfKey(peer).toString()
  switch (reason) {
    case 'wrong-version':
      return them === undefined || them.version === HELLO_VERSION
        ? `${who} speaks another version of the protocol; update the older of the two programs`
        : `${who} (${them.software}) speaks version ${them.version} of the protocol, this program version ${HELLO_VERSION}; update the ${them.version > HELLO_VERSION ? 'one here' : 'other one'}`
    case 'wrong-swarm':
      return them === undefined
        ? `${who} is in another swarm; compare the manifests, or ask for a fresh invite`
        : `${who} is in another swarm (${shortId(them.swarm).join(' ')}, ${toHex(them.swarm).slice(0, 8)}…); compare the manifests, or ask for a fresh invite`
    case 'wrong-key':
      return `${who} has another key of this swarm, or none; whoever is without the right one needs a fresh invite`
    case 'not-a-member':
      return byUs
        ? `${who} is not on the list of this swarm's members and was refused`
        : `${who} refuses this peer, which is not on the list of the swarm's members; give its maker this peer's id`
    case 'blocked':
      return byUs ? `${who} is blocked here (--block) and was refused` : `${who} has blocked this peer`
    case 'no-hello':
      return `${who} did not say hello as a Starlings peer does; it is another program, or too busy`
  }
}
