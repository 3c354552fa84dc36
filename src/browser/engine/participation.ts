/** What begins with the person's consent: reading the data, training, and telling the swarm. */
import { privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { toHex } from '../../core/bytes.js'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { ShardSpec, TrainerConfig } from '../../train/remote/calls.js'
import type { KeptAlone, Look, PeerEvent } from './peer/calls.js'
import { lendNetwork, type NearNetwork } from './peer/near-network.js'
import { BUNDLED_PARTS, type RestReason } from './session.js'
import type { BrowserHome, Consent } from './storage/home.js'
import type { Threads } from './threads.js'
import type { PageSource } from './trainer/source.js'

export interface ParticipationInit {
  readonly home: BrowserHome
  readonly manifest: Manifest
  readonly consent: Consent
  /** x0, where the manifest does not draw it. */
  readonly start: Uint8Array | undefined
  readonly threads: Threads
  readonly network: NearNetwork
  readonly tell: (event: PeerEvent) => void
}

export interface Participation {
  /** Own training samples. */
  readonly samples: number
  look(): Promise<Look>
  /** Trains and publishes nothing as long as there is a reason. */
  rest(reasons: readonly RestReason[]): Promise<void>
  /** The model that learns alone, for a later visit; null when there is none. */
  keepAlone(): Promise<KeptAlone | null>
  /** Says goodbye and writes what waits. */
  stop(): Promise<void>
}

/** Orders of the batches to choose from. */
const ORDERS = 2 ** 16

/** Opens data and state; nothing is said until {@link Participation} is there. Rejects with a DataError that names file and place. */
export async function takePart(init: ParticipationInit): Promise<Participation> {
  const { home, manifest, consent, threads } = init
  const swarm = swarmId(manifest)
  const kept = await home.get(swarm, 'view')
  const config = configOf(init, kept !== undefined)
  const opened = await threads.openTrainer(config)
  const alone =
    consent.alone && opened.samples > 0
      ? { opened: await threads.openTrainer(config), kept: await home.get(swarm, 'alone') }
      : undefined
  const { ended } = threads
  const peer = lendNetwork(threads.peer, init.network, init.tell)
  ended.addEventListener('abort', () => peer.end(ended.reason), { once: true })
  await peer.call('open', {
    manifest,
    start: init.start,
    store: home.storeOf(swarm),
    privateKey: privateKeyToProtobuf(home.privateKey),
    resumed: (await home.get(swarm, 'left')) ?? false,
    trainer: opened,
    alone
  })
  await peer.call('start', null)
  return {
    samples: opened.samples,
    look: () => peer.call('look', null),
    rest: async reasons => void (await peer.call('rest', reasons)),
    keepAlone: () => peer.call('alone', null),
    stop: async () => void (await peer.call('stop', null))
  }
}

/** @param again not the first visit: the batches must not come in the same order each time */
function configOf({ home, manifest, consent }: ParticipationInit, again: boolean): TrainerConfig<PageSource> {
  const { data } = consent
  const key = toHex(home.privateKey.publicKey.raw)
  return {
    manifest,
    ...(data.kind === 'none' ? { shard: 'none' } : { data }),
    ...(data.kind === 'bundled' && data.part !== undefined && { shard: partOf(data.part, manifest.seed) }),
    // Two pages with the same digits take them in different orders.
    seed: Number.parseInt(key.slice(0, 8), 16),
    order: again ? 1 + Math.floor(Math.random() * (ORDERS - 1)) : 0
  }
}

/** Dealt as the testnet deals by default, and the same on every page. */
function partOf(index: number, seed: number): ShardSpec {
  return { partition: { kind: 'dirichlet', alpha: 0.1 }, seed, index, count: BUNDLED_PARTS }
}
