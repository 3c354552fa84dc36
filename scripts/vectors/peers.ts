import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { toHex } from '#src/core/bytes.js'
import { encodePeersAnswer, encodePeersRequest } from '#src/net/peer-exchange.js'
import type { Json } from './index.js'

async function signed(seed: number, addresses: readonly string[]): Promise<Uint8Array> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
  const record = new PeerRecord({
    peerId: peerIdFromPrivateKey(privateKey),
    multiaddrs: addresses.map(address => multiaddr(address)),
    seqNumber: 1_700_000_000_000n
  })
  return (await RecordEnvelope.seal(record, privateKey)).marshal()
}

/** The question whom a neighbour knows, and answers to it. */
export async function peersVectors(): Promise<Json[]> {
  const told = [
    { ageMs: 0, bytes: await signed(1, ['/ip4/192.0.2.7/tcp/4001']) },
    { ageMs: 1_200_000, bytes: await signed(2, ['/ip6/2001:db8::1/tcp/4001', '/ip4/192.0.2.8/tcp/4001']) }
  ]
  return [
    { name: 'request for at most 16', bytes: toHex(encodePeersRequest(16, false)) },
    { name: 'request for at most 4, of one that has news', bytes: toHex(encodePeersRequest(4, true)) },
    { name: 'answer: nobody', bytes: toHex(encodePeersAnswer([])) },
    { name: 'answer: one that is connected now', bytes: toHex(encodePeersAnswer(told.slice(0, 1))) },
    { name: 'answer: and one seen 20 minutes ago', bytes: toHex(encodePeersAnswer(told)) }
  ]
}
