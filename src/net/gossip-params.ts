/**
 * Every parameter of gossipsub in one place, with its reason. Figures are of 16 peers on a random 4-regular graph, each
 * publishing 1.7 KB five times a second over loopback.
 */
import {
  type GossipSub,
  type GossipSubComponents,
  type GossipsubOpts,
  gossipsub,
  StrictNoSign
} from '@libp2p/gossipsub'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { toHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'
import { guardedComponents } from './guarded-gossip.js'
import type { Guard } from './hello.js'
import type { Standing } from './standing.js'

/**
 * Largest message, bytes. Gossipsub drops anything above 4 MiB per RPC in the sender, without an error, so we say so
 * first; the rest of the 4 MiB is for framing.
 */
export const MAX_GOSSIP_BYTES = 4 * 2 ** 20 - 1024

/** Bytes of a message id: SHA-256 cut to 160 bits, as Ethereum's consensus layer does; IHAVE lists get shorter. */
const MESSAGE_ID_BYTES = 20

/** Score of one strike; `GRAYLIST` is reached with the 16 strikes that bar a peer. */
const STRIKE_SCORE = -10
const GRAYLIST = -160

/** The one topic of a swarm. */
export function updatesTopic(swarmId: string): string {
  return `/starlings/1/${swarmId}/updates`
}

export interface GossipParams {
  readonly topic: string
  readonly standing: Standing
  /** Who has said hello. @default everybody */
  readonly guard?: Guard | undefined
  /** SHA-256; a platform's own is ten times as fast, and every copy of a message is hashed. @default the core's */
  readonly hash?: (bytes: Uint8Array) => Uint8Array
  /** For measuring variants. */
  readonly overrides?: Partial<GossipsubOpts>
}

/** The gossipsub service of a node that takes part in one swarm. */
export function gossipService(params: GossipParams): (components: GossipSubComponents) => GossipSub {
  const { guard } = params
  const create = gossipsub(gossipOptions(params))
  return components => create(guard === undefined ? components : guardedComponents(components, guard))
}

function gossipOptions({ topic, standing, hash = digest, overrides }: GossipParams): Partial<GossipsubOpts> {
  return {
    // Envelopes are signed by their authors; a second signature would say who forwarded, which nobody needs.
    globalSignaturePolicy: StrictNoSign,
    fallbackToFloodsub: false,
    allowedTopics: [topic],
    // Equal bytes are one message whoever sends them.
    msgIdFn: message => hash(message.data).subarray(0, MESSAGE_ID_BYTES),
    msgIdToStrFn: toHex,
    ignoreDuplicatePublishError: true,
    // Alone is not an error: repair delivers later.
    allowPublishToZeroTopicPeers: true,

    // Every mesh link carries nearly every message, so the mesh degree is the price: links settle between 2 and 3 and
    // cost 1.9 to 2.4 × the payload (D 6 with flood publishing: 3.6 ×). IHAVE fills what they miss, repair the rest.
    D: 3,
    Dlo: 2,
    Dhi: 4,
    Dscore: 2,
    Dout: 1,
    floodPublish: false,
    // "I have it already" to every mesh neighbour costs more than the copies of small messages it saves: 5 % of the
    // bytes and a sixth of the CPU at 1.7 KB.
    idontwantMinDataSize: 16 * 1024,
    doPX: false,

    // A neighbour that stops reading must not fill our memory: its stream is reset, and the watch then reconnects.
    maxOutboundBufferSize: 16 * 2 ** 20,
    // A neighbour's RPC may hold a few messages; none may be longer than one RPC.
    maxInboundDataLength: 4 * 2 ** 20,
    maxTopicBytesPerPeer: 8 * 1024,

    scoreParams: {
      topics: {
        [topic]: createTopicScoreParams({
          topicWeight: 1,
          // A little credit for useful neighbours decides who stays in a full mesh; the cap keeps it from paying for sins.
          timeInMeshWeight: 0,
          firstMessageDeliveriesWeight: 0.1,
          firstMessageDeliveriesDecay: 0.9,
          firstMessageDeliveriesCap: 50,
          // Off: few messages per epoch is normal here, and the defaults graylist every quiet neighbour.
          meshMessageDeliveriesWeight: 0,
          meshFailurePenaltyWeight: 0,
          // The square of the count: two rejects cost mesh membership, thirteen within seconds everything.
          invalidMessageDeliveriesWeight: -1,
          invalidMessageDeliveriesDecay: 0.98
        })
      },
      topicScoreCap: 3,
      appSpecificScore: peer => standing.strikes(peer) * STRIKE_SCORE,
      appSpecificWeight: 1,
      // Off: testnets, offices and phones behind one NAT share an address; the default graylists the eleventh.
      IPColocationFactorWeight: 0,
      // A busy event loop answers IWANT late now and then; only persistence costs.
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 10,
      behaviourPenaltyDecay: 0.9,
      // Gossipsub forgets the score of a peer that reconnects anyway; `Standing` remembers.
      retainScore: 10_000
    },
    scoreThresholds: {
      gossipThreshold: -40,
      publishThreshold: -80,
      graylistThreshold: GRAYLIST,
      acceptPXThreshold: Number.MAX_SAFE_INTEGER,
      opportunisticGraftThreshold: 0
    },
    ...overrides
  }
}

/** Whether gossipsub itself has given up on a peer: it ignores everything that peer sends from now on. */
export function isGraylisted(service: GossipSub, peer: string): boolean {
  return hasScores(service) && service.getScore(peer) < GRAYLIST
}

function hasScores(service: GossipSub): service is GossipSub & { getScore(peer: string): number } {
  return 'getScore' in service && typeof service.getScore === 'function'
}
