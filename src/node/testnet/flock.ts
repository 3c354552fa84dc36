/** The peers of one process of a testnet: what it does for each of the parent's calls. */
import { toFloat32 } from '../../core/grid.js'
import { checkedInitialParams, type Manifest } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import { createLocalPeer, type LocalPeer } from '../local-peer.js'
import { startTrainerWorker, type TrainerWorker } from '../trainer/index.js'
import { type ProcessUsage, processUsage } from '../usage.js'
import type {
  AloneCurve,
  AloneInput,
  Calls,
  Dial,
  Listening,
  Notice,
  PeerMeasure,
  PeerResult,
  PrepareInput
} from './calls.js'

interface Member {
  readonly local: LocalPeer
  readonly trainer: Trainer
}

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
    await Promise.all(
      input.peers.map(async number => {
        const trainer = this.#openTrainer(number)
        const local = await createLocalPeer({
          manifest: input.manifest,
          mode: input.mode,
          evaluationShare: input.evaluationShare,
          listen: ['/ip4/127.0.0.1/tcp/0'],
          trainer
        })
        this.#members.set(number, { local, trainer: await trainer })
        this.#report(number, local)
      })
    )
    return this.#each((number, { local, trainer }) => ({
      peer: number,
      key: local.key,
      addresses: local.addresses(),
      samples: trainer.samples
    }))
  }

  #report(peer: number, local: LocalPeer): void {
    local.peer.on('epoch', report => this.#notify({ notice: 'epoch', peer, report }))
    local.peer.on('trained', ({ epoch }) => this.#notify({ notice: 'trained', peer, epoch }))
    local.peer.on('settled', ({ setDigest }) => this.#notify({ notice: 'settled', peer, setDigest }))
    local.peer.on('warning', ({ message }) => this.#notify({ notice: 'warning', peer, message }))
  }

  async start(): Promise<null> {
    await Promise.all(this.#each((_, { local }) => local.peer.start()))
    return null
  }

  async dial(dials: readonly Dial[]): Promise<null> {
    for (const { from, to } of dials) this.#members.get(from)?.local.dial(to)
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

  #openTrainer(peer: number): Promise<Trainer> {
    const { manifest, data, partition, seed, peerCount } = this.#prepared()
    return this.#worker.open({ manifest, data, shard: { partition, seed, index: peer, count: peerCount } })
  }

  #each<T>(visit: (peer: number, member: Member) => T): T[] {
    return [...this.#members].map(([peer, member]) => visit(peer, member))
  }
}
