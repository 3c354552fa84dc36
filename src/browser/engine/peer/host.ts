/**
 * The peer of a page on a thread of its own: decoding, checking signatures, folding and choosing what to send never hold the
 * page up. Its connections are the page's, its state is in IndexedDB, its training is on a third thread.
 */
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { toFloat32 } from '../../../core/grid.js'
import { takeStart } from '../../../core/protocol/start.js'
import type { SwarmState } from '../../../core/protocol/state.js'
import type { Store, Trainer } from '../../../interface.js'
import { systemClock } from '../../../net/clock.js'
import { createIdentity } from '../../../net/identity.js'
import type { EpochReport, Watch } from '../../../peer/events.js'
import { Peer } from '../../../peer/peer.js'
import { type Called, createLink, type Link } from '../../../threads/link.js'
import type { Port } from '../../../threads/port.js'
import { type TrainerCalls, trainerErrors } from '../../../train/remote/calls.js'
import { remoteTrainer } from '../../../train/remote/trainer.js'
import type { RestReason } from '../session.js'
import { openIdbStore } from '../storage/idb-store.js'
import { type Alone, createAlone } from './alone.js'
import type { Look, NetworkCalls, OpenPeer, PeerCalls, PeerEvent } from './calls.js'
import { type FarNetwork, farNetwork } from './far-network.js'

/** Held-out samples of an evaluation while training. */
const EVALUATION_SAMPLES = 256

/** Serves one peer over the two ports. */
export function servePeer(page: Port, trainers: Port): void {
  new PeerHost(page, trainers)
}

class PeerHost {
  readonly #trainers: Link<TrainerCalls<never>>
  readonly #page: Link<NetworkCalls>
  readonly #network: FarNetwork
  #peer: Peer | undefined
  #store: Store | undefined
  #state: Readonly<SwarmState> | undefined
  #alone: Alone | undefined
  /** Of the model, and of the set that it was made of: hashing a large one twice a second would be felt. */
  #digest = { of: '', model: '' }
  /** Of the page, for which it rests. */
  #reasons: readonly RestReason[] = []

  constructor(page: Port, trainers: Port) {
    this.#trainers = createLink({ port: trainers, errors: trainerErrors })
    this.#page = createLink<PeerCalls, NetworkCalls>({
      port: page,
      answer: called => this.#answer(called),
      errors: trainerErrors
    })
    this.#network = farNetwork(this.#page)
  }

  async #answer({ call, input }: Called<PeerCalls>): Promise<PeerCalls[keyof PeerCalls]['output']> {
    const { heard } = this.#network
    switch (call) {
      case 'open':
        await this.#open(input)
        return null
      case 'start':
        await this.#peer?.start()
        return null
      case 'look':
        return this.#look()
      case 'rest':
        this.#rest(input)
        return null
      case 'alone':
        return this.#alone?.keep() ?? null
      case 'stop':
        await this.#peer?.stop()
        await this.#store?.close()
        return null
      case 'validate':
        return heard.validate(input.bytes, input.from)
      case 'pulse':
        heard.streams?.pulse(input.bytes, input.from)
        return null
      case 'request':
        if (heard.streams === undefined) throw new TypeError('this peer has stopped')
        return heard.streams.request(input.kind, input.bytes, input.from)
      case 'neighbour':
        heard.streams?.neighbour(input.peer, input.connected)
        return null
    }
  }

  async #open(input: OpenPeer): Promise<void> {
    const privateKey = privateKeyFromProtobuf(input.privateKey)
    if (privateKey.type !== 'Ed25519') throw new TypeError('only Ed25519 peers take part in a swarm')
    if (input.start !== undefined) takeStart(input.manifest, input.start)
    this.#store = await openIdbStore(input.store)
    const trainer = input.trainer && this.#follow(remoteTrainer(this.#trainers, input.trainer))
    const watch: Watch = { began: state => (this.#state = state), stepped: () => {} }
    const { gossip, streams } = this.#network
    const identity = createIdentity(privateKey)
    const peer = await Peer.open(
      { identity, gossip, streams, clock: systemClock, store: this.#store, watch, ...(trainer && { trainer }) },
      { manifest: input.manifest, resumed: input.resumed, evaluationSamples: EVALUATION_SAMPLES }
    )
    this.#peer = peer
    if (input.alone !== undefined && this.#state !== undefined) {
      const start = input.alone.kept?.params ?? toFloat32(this.#state.x0)
      this.#alone = await createAlone(
        remoteTrainer(this.#trainers, input.alone.opened),
        start,
        point => this.#tell({ type: 'alone', point }),
        input.alone.kept
      )
    }
    peer.on('epoch', report => this.#closed(report))
    peer.on('trained', () => this.#tell({ type: 'trained' }))
    // A swarm of which all rest has settled, too; that is no end.
    peer.on('settled', ({ setDigest }) => peer.status().trained && this.#tell({ type: 'settled', setDigest }))
    peer.on('note', ({ message }) => this.#tell({ type: 'note', message }))
    peer.on('warning', ({ message }) => this.#tell({ type: 'warning', message }))
  }

  #rest(reasons: readonly RestReason[]): void {
    for (const reason of this.#reasons) if (!reasons.includes(reason)) this.#peer?.wake(reason)
    for (const reason of reasons) if (!this.#reasons.includes(reason)) this.#peer?.rest(reason)
    this.#reasons = reasons
  }

  /** The same trainer, whose steps the model that learns alone takes, too. */
  #follow(trainer: Trainer): Trainer {
    return {
      tensors: trainer.tensors,
      samples: trainer.samples,
      testSamples: trainer.testSamples,
      train: async (params, steps, options) => {
        const result = await trainer.train(params, steps, options)
        this.#alone?.follow(steps)
        return result
      },
      evaluate: (params, options) => trainer.evaluate(params, options),
      state: () => trainer.state(),
      restore: state => trainer.restore(state),
      stop: () => trainer.stop()
    }
  }

  #closed(report: EpochReport): void {
    if (report.accuracy !== null) this.#alone?.evaluate(report.epoch, EVALUATION_SAMPLES)
    this.#tell({ type: 'epoch', report })
  }

  #tell(event: PeerEvent): void {
    // A page that is gone misses nothing.
    this.#page.call('tell', event).catch(() => {})
  }

  #look(): Look {
    const peer = this.#peer
    const state = this.#state
    if (peer === undefined || state === undefined) throw new TypeError('this peer is not open yet')
    const now = systemClock.now()
    const status = peer.status()
    if (this.#digest.of !== status.setDigest) this.#digest = { of: status.setDigest, model: peer.stateDigest() }
    return {
      status,
      digest: this.#digest.model,
      neighbours: [...state.neighbours].map(([key, { pulsedAt, since }]) => ({
        key,
        epoch: state.clock.claims.get(key)?.epoch ?? null,
        heardMs: Math.max(0, now - (pulsedAt ?? since))
      })),
      residual: state.own.residual.reduce((count, value) => count + (value === 0 ? 0 : 1), 0),
      loss: state.own.loss
    }
  }
}
