import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { ascii, toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { shortId } from '#src/core/protocol/short-id.js'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { encodeInvite, type Invite } from '#src/core/wire/invite.js'
import { inviteLink } from '#src/core/wire/invite-text.js'
import type { Json } from './index.js'

const PAGE = 'https://flock.example/play/'
/** SHA-256 of nothing, as a multihash in base64url. */
const CERTHASH = 'uEiDjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ'

function invite(rest: Partial<Invite>): Invite {
  return { swarm: digest(ascii('swarm')), key: null, staleDay: 0, peers: [], ...rest }
}

/** Invites with their links, and the six words of their swarms. */
export async function inviteVectors(): Promise<Json[]> {
  const pairs = await Promise.all([1, 2].map(seed => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))))
  const keys = pairs.map(pair => pair.publicKey.raw)
  const one = ['/ip4/192.0.2.7/tcp/4001']
  const many = [
    '/ip4/192.0.2.7/tcp/4001',
    '/ip4/192.0.2.7/tcp/4002/ws',
    `/ip4/192.0.2.7/udp/4001/webrtc-direct/certhash/${CERTHASH}`,
    '/ip6/2001:db8::7/tcp/4001'
  ]
  const cases: [string, Invite, readonly (readonly string[])[]][] = [
    ['one peer', invite({}), [one]],
    ['a private swarm, two peers', invite({ key: digest(ascii('key')), staleDay: 20_500 }), [many, one]],
    ['nobody', invite({ swarm: digest(ascii('other')) }), []]
  ]
  return cases.map(([name, rest, addresses]) => {
    const peers = addresses.map((texts, i) => ({
      key: keys[i]!,
      addresses: texts.map(text => multiaddr(text).bytes)
    }))
    const whole = { ...rest, peers }
    return {
      name,
      swarm: swarmIdOf(whole.swarm),
      words: shortId(whole.swarm),
      key: whole.key && toHex(whole.key),
      staleDay: whole.staleDay,
      peers: addresses.map((texts, i) => ({ key: toHex(keys[i]!), addresses: texts })),
      bytes: toHex(encodeInvite(whole)),
      link: inviteLink(whole, PAGE),
      withoutPage: inviteLink(whole)
    }
  })
}
