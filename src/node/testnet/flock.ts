/** The peers of one process of a testnet: what it does for each of the parent's calls. */
import { toFloat32 } from '../../core/grid.js'
import { checkedInitialParams, type Manifest } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import { systemClock } from '../../net/clock.js'
import { ListenError } from '../libp2p/create.js'
import { createLocalPeer, type LocalPeer } from '../local-peer.js'
import { Home } from '../store/home.js'
import { startTrainerWorker, type TrainerWorker } from '../trainer/index.js'
import { type ProcessUsage, processUsage } from '../usage.js'
import { type BadLinks, createBadLinks } from './bad-links.js'
import type {
  AloneCurve,
  AloneInput,
  Calls,
  Dial,
  Listening,
  Notice,
  PeerLinks,
  PeerMeasure,
  PeerResult,
  PrepareInput,
  Seat
} from './calls.js'
import { slowed } from './slowed.js'

interface Member {
  readonly local: LocalPeer
  readonly trainer: Trainer
  readonly links: BadLinks | undefined
}

/** Loopback only; 0 takes a free port. */
const listenOn = (port: number) => `/ip4/127.0.0.1/tcp/${port}`

type Answers = { readonly [C in keyof Calls]: (input: Calls[C]['input']) => Promise<Calls[C]['output']> }

export class Flock implements Answers {
  readonly #notify: (notice: Notice) => void
  readonly #worker: TrainerWorker
  readonly #members = new Map<number, Member>()
  #input: PrepareInput | undefined

  constructor(notify: (notice: Notice) => void) {
    this.#notify = notify
    // Loads its engine while the parent checks the data and libp2p loads here.
    this.#worker = startTrainerWorker()
  }

  async prepare(input: PrepareInput): Promise<readonly Listening[]> {
    this.#input = input
    await Promise.all(input.peers.map(seat => this.#seat(seat, input)))
    return this.#each((number, { local, trainer }) => ({
      peer: number,
      key: local.key,
      addresses: local.addresses(),
      samples: trainer.samples
    }))
  }

  async #seat(seat: Seat, input: PrepareInput): Promise<void> {
    const { peer, port = 0, home, order = 0, slowdown = 1 } = seat
    const trainer = this.#openTrainer(peer, order)
    // The alone baseline has no swarm to be late for.
    const inSwarm = trainer.then(trainer => slowed(trainer, slowdown, systemClock))
    // Never closed: the process ends by kill -9, or the folder is removed.
    const belongings = home === undefined ? undefined : await Home.open(home, { manifest: input.manifest })
    const links = input.faultyLinks ? createBadLinks(input.seed, peer) : undefined
    const init = {
      manifest: input.manifest,
      mode: input.mode,
      evaluationShare: input.evaluationShare,
      ...(input.pulseMs === undefined ? {} : { pulseMs: input.pulseMs }),
      trainer: inSwarm,
      faults: links?.network,
      home: belongings,
      resumed: belongings?.resumed ?? false
    }
    const local = await createLocalPeer({ ...init, listen: [listenOn(port)] }).catch(error => {
      // Somebody else took the port meanwhile: neighbours are told of the new one.
      if (port !== 0 && error instanceof ListenError) return createLocalPeer({ ...init, listen: [listenOn(0)] })
      throw error
    })
    this.#members.set(peer, { local, trainer: await trainer, links })
    this.#report(peer, local)
  }

  #report(peer: number, local: LocalPeer): void {
    local.peer.on('epoch', report => this.#notify({ notice: 'epoch', peer, report }))
    local.peer.on('trained', ({ epoch }) => this.#notify({ notice: 'trained', peer, epoch }))
    // By the stop rule, nobody rests here for another reason.
    local.peer.on('still', ({ still, epoch }) =>
      this.#notify(still ? { notice: 'trained', peer, epoch } : { notice: 'awake', peer })
    )
    local.peer.on('settled', ({ setDigest }) => this.#notify({ notice: 'settled', peer, setDigest }))
    for (const event of ['note', 'warning'] as const)
      local.peer.on(event, ({ message }) => this.#notify({ notice: 'warning', peer, message }))
  }

  async start(): Promise<null> {
    await Promise.all(this.#each((_, { local }) => local.peer.start()))
    return null
  }

  async dial(dials: readonly Dial[]): Promise<null> {
    for (const { from, to } of dials) this.#members.get(from)?.local.dial(to)
    return null
  }

  async links(orders: readonly PeerLinks[]): Promise<null> {
    for (const { peer, links } of orders) {
      const member = this.#members.get(peer)
      if (member?.links?.set(links) === true) member.local.redial()
    }
    return null
  }

  async leave(): Promise<null> {
    await Promise.all(this.#each((_, { local }) => local.stop()))
    return null
  }

  async measure(): Promise<readonly PeerMeasure[]> {
    return this.#each((peer, { local }) => ({
      peer,
      status: local.peer.status(),
      wireBytesSent: local.bytes.sent,
      wireBytesReceived: local.bytes.received
    }))
  }

  async finish(): Promise<readonly PeerResult[]> {
    // Nobody changes any more; the sockets close while the models are tested.
    const stopped = this.#each((_, { local }) => local.stop())
    const results = await Promise.all(
      this.#each(async (peer, { local, trainer }) => ({
        peer,
        stateDigest: local.peer.stateDigest(),
        evaluation: await trainer.evaluate(local.peer.params())
      }))
    )
    await Promise.all(stopped)
    return results
  }

  async params({ peer }: { readonly peer: number }): Promise<Float32Array> {
    const member = this.#members.get(peer)
    if (!member) throw new RangeError(`peer ${peer} is not in this process`)
    return member.local.peer.params()
  }

  /** One peer after another, as they share the worker; each with an optimiser of its own, as in the swarm. */
  async alone(input: AloneInput): Promise<readonly AloneCurve[]> {
    const { manifest } = this.#prepared()
    const curves: AloneCurve[] = []
    for (const peer of this.#members.keys()) {
      const trainer = await this.#openTrainer(peer)
      curves.push(await this.#aloneCurve(peer, trainer, manifest, input))
      await trainer.stop()
    }
    return curves
  }

  async #aloneCurve(peer: number, trainer: Trainer, manifest: Manifest, input: AloneInput): Promise<AloneCurve> {
    let params = toFloat32(checkedInitialParams(manifest))
    let done = 0
    const points: { readonly epoch: number; readonly accuracy: number }[] = []
    for (const epoch of [...input.checkpoints.filter(checkpoint => checkpoint < input.epochs), input.epochs]) {
      params = (await trainer.train(params, (epoch - done) * manifest.training.localSteps)).params
      done = epoch
      this.#notify({ notice: 'alone', peer, progress: done / input.epochs })
      if (done === input.epochs) break
      const { accuracy } = await trainer.evaluate(params, { maxSamples: input.samples })
      points.push({ epoch, accuracy })
    }
    return { peer, points, final: await trainer.evaluate(params) }
  }

  async usage(): Promise<ProcessUsage> {
    return processUsage()
  }

  #prepared(): PrepareInput {
    if (!this.#input) throw new TypeError('prepare comes first')
    return this.#input
  }

  #openTrainer(peer: number, order = 0): Promise<Trainer> {
    const { manifest, data, partition, seed, peerCount } = this.#prepared()
    return this.#worker.open({ manifest, data, shard: { partition, seed, index: peer, count: peerCount }, order })
  }

  #each<T>(visit: (peer: number, member: Member) => T): T[] {
    return [...this.#members].map(([peer, member]) => visit(peer, member))
  }
}
