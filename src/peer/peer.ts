/** The shell around the core: feeds it what happens and does what it decides. ARCHITECTURE.md. */
import { toHex } from '../core/bytes.js'
import { toFloat32 } from '../core/grid.js'
import type { Effect, Input } from '../core/protocol/effects.js'
import { paramsDigest } from '../core/protocol/init.js'
import { swarmId } from '../core/protocol/manifest.js'
import { followSet } from '../core/protocol/model.js'
import { restoreState } from '../core/protocol/restore.js'
import { createState, type SwarmState } from '../core/protocol/state.js'
import { step } from '../core/protocol/step.js'
import type { Verdict } from '../core/protocol/verdict.js'
import { envelopeDomain } from '../core/wire/envelope.js'
import { DecodeError } from '../core/wire/error.js'
import type { PeerKey, Trainer } from '../interface.js'
import { type Alarm, createAlarm } from './alarm.js'
import { type AloneWatch, createAloneWatch } from './alone.js'
import { Emitter } from './emitter.js'
import type { NeighbourStatus, PeerComponents, PeerEvents, PeerInit, PeerStatus } from './events.js'
import { createExchange, type Exchange } from './exchange.js'
import { createFetcher, type Fetcher } from './fetching.js'
import { Journal } from './journal.js'
import { type Kept, loadKept, NOTHING_KEPT } from './journal-load.js'
import { createNewestUpdates, type NewestUpdates } from './newest.js'
import { createReporter, type Reporter } from './reporter.js'
import { createResting, type Resting } from './resting.js'
import { createSealer, type Sealer } from './sealer.js'
import { createSnapshotServer, type SnapshotServer } from './snapshots.js'
import { neighboursOf, statusOf, unsentOf } from './status.js'
import { runLocalSteps } from './training.js'
import { createUnwanted, type Unwanted } from './unwanted.js'

/** Saying goodbye must not keep a user waiting. */
const GOODBYE_MS = 500

/** One peer of one swarm. It starts and stops; what it needs from outside is handed in and stays its owner's. */
export class Peer {
  readonly #components: PeerComponents
  readonly #state: SwarmState
  readonly #emitter = new Emitter<PeerEvents>()
  readonly #newest: NewestUpdates
  readonly #sealer: Sealer
  readonly #reporter: Reporter
  readonly #alone: AloneWatch
  readonly #exchange: Exchange
  readonly #snapshots: SnapshotServer
  readonly #unwanted: Unwanted
  readonly #fetcher: Fetcher
  readonly #abort = new AbortController()
  readonly #work = new Set<Promise<void>>()
  readonly #resting: Resting
  /** Of the local steps that are running. */
  #training: AbortController | undefined
  readonly #kept: Kept
  readonly #journal: Journal | undefined
  readonly #alarm: Alarm
  #started = false
  #stopping: Promise<void> | undefined

  /**
   * Goes on where the store says that this peer stood.
   * @throws {ManifestError} when x0 is not what the manifest says; {KeptError} when the store belongs to another swarm; and
   * whatever the store throws when it cannot be read
   */
  static async open(components: PeerComponents, init: PeerInit): Promise<Peer> {
    const state = freshState(components, init)
    if (components.store === undefined) return new Peer(components, init, { state, kept: NOTHING_KEPT })
    const kept = await loadKept(components.store, state, swarmId(init.manifest))
    if (kept.state === undefined) return new Peer(components, init, { state, kept })
    const warnings = [...kept.warnings]
    if (restoreState(state, kept.state).lost)
      warnings.push(
        'updates were sent that are not kept, so that what was trained and not yet sent is no longer known: it is lost'
      )
    return new Peer(components, init, { state, kept: { ...kept, warnings } })
  }

  /**
   * A peer with a new store, or without one; else it is made by {@link Peer.open}, which calls this.
   * @throws {ManifestError} when x0 is not what the manifest says
   */
  constructor(
    components: PeerComponents,
    init: PeerInit,
    opened?: { readonly state: SwarmState; readonly kept: Kept }
  ) {
    const { identity, clock, store } = components
    this.#components = components
    this.#state = opened?.state ?? freshState(components, init)
    this.#kept = opened?.kept ?? NOTHING_KEPT
    const id = swarmId(init.manifest)
    if (store !== undefined)
      this.#journal = new Journal(this.#state, id, this.#kept, { store, clock, warn: message => this.#warn(message) })
    this.#sealer = createSealer(this.#state, identity, this.#journal, envelopeDomain(id))
    const { signal } = this.#abort
    this.#newest = createNewestUpdates(this.#state.options.self)
    this.#unwanted = createUnwanted(
      this.#state.options.self,
      () => this.#state.set,
      peer => this.#state.neighbours.has(peer)
    )
    this.#snapshots = createSnapshotServer(this.#state, clock, signal)
    this.#exchange = createExchange(this.#state, components, envelopeDomain(id), {
      feed: input => this.#feed(input),
      snapshots: this.#snapshots,
      unwanted: this.#unwanted,
      signal
    })
    this.#fetcher = createFetcher(this.#state, components.streams, { clock, blame: this.#exchange.blame, signal })
    this.#reporter = createReporter(this.#state, components, init, this.#emitter, {
      mayEvaluate: () => this.#resting.mayEvaluate(),
      evaluated: (epoch, accuracy) => this.#resting.judge(epoch, accuracy)
    })
    this.#resting = createResting(init.manifest.stop.plateau, {
      turned: resting => this.#turn(resting),
      changed: reasons => this.#emitter.emit('resting', { reasons })
    })
    this.#alarm = createAlarm(clock, () => this.#feed({ type: 'tick' }))
    this.#alone = createAloneWatch(clock, {
      alone: (forMs, before) => this.#emitter.emit('alone', { forMs, before }),
      together: afterMs => this.#emitter.emit('together', { afterMs })
    })
    components.watch?.began(this.#state)
  }

  /** Joins gossip and streams, and begins with epoch 0 or where it stood. */
  async start(): Promise<void> {
    const { gossip, streams } = this.#components
    for (const message of this.#kept.warnings) this.#warn(message)
    await this.#restoreTrainer()
    await gossip.start((bytes, from) => this.#exchange.validate(bytes, from))
    await streams.start({
      pulse: (bytes, from) => this.#run(this.#exchange.hearPulse(bytes, from)),
      request: async (kind, bytes, from) => this.#exchange.answer(kind, bytes, from),
      neighbour: (peer, connected) => {
        if (!connected) this.#unwanted.gone(peer)
        this.#feed({ type: 'neighbour', peer, connected })
        this.#emitter.emit('neighbour', { peer, connected })
        this.#alone.neighbours(this.#state.neighbours.size)
      }
    })
    this.#alone.neighbours(this.#state.neighbours.size)
    if (this.#state.trained) this.#emitter.emit('trained', { epoch: this.#state.clock.epoch })
    this.#started = true
    this.#feed(this.#resting.reasons.length > 0 ? { type: 'rest', resting: true } : { type: 'tick' })
  }

  async #restoreTrainer(): Promise<void> {
    const { trainer } = this.#components
    if (trainer === undefined || this.#kept.trainer === undefined) return
    try {
      await trainer.restore(this.#kept.trainer)
    } catch (error) {
      this.#warn(`the optimiser begins afresh, for its kept state does not fit: ${messageOf(error)}`)
    }
  }

  /** Says goodbye, stops training, lets go of gossip and streams, and stores what is not yet stored. Twice is fine. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { gossip, streams, clock } = this.#components
    this.#feed({ type: 'leave' })
    this.#alarm.cancel()
    this.#alone.stop()
    const goodbye = Promise.allSettled([...this.#work])
    this.#abort.abort()
    this.#training?.abort()
    let cancel = () => {}
    await Promise.race([goodbye, new Promise<void>(resolve => (cancel = clock.after(GOODBYE_MS, resolve)))])
    cancel()
    await gossip.stop()
    await streams.stop()
    await this.#journal?.close()
  }

  /**
   * Publishes and trains nothing until {@link wake} has taken back every reason; it follows the swarm and serves it all the same.
   * Local steps that are running are broken off and count as discarded. May be called before {@link start}. Twice is fine.
   */
  rest(reason: string): void {
    this.#resting.rest(reason)
  }

  /** Takes one reason back; with the last one the peer trains again. One that was not given is nothing. */
  wake(reason: string): void {
    this.#resting.wake(reason)
  }

  #turn(resting: boolean): void {
    if (this.#started) this.#feed({ type: 'rest', resting })
    if (resting) this.#training?.abort()
  }

  on<Name extends keyof PeerEvents>(name: Name, listener: (event: PeerEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener)
  }

  status(): PeerStatus {
    return statusOf(this.#state, {
      resting: this.#resting.reasons,
      aloneMs: this.#alone.aloneMs,
      storing: this.#journal === undefined ? 'nothing' : this.#journal.failing ? 'unsaved' : 'saved',
      ...this.#newest.seen()
    })
  }

  neighbours(): readonly NeighbourStatus[] {
    return neighboursOf(this.#state)
  }

  /** Neighbours that ask for own updates again and again, and do not take them. */
  refusing(): readonly PeerKey[] {
    return this.#unwanted.refusing()
  }

  /** Coordinates of which something was trained and is not yet sent. Costs time in proportion to n. */
  unsent(): number {
    return unsentOf(this.#state)
  }

  /** The shared params as float32, length n: a copy. */
  params(): Float32Array {
    followSet(this.#state.model, this.#state.set)
    return toFloat32(this.#state.model.params)
  }

  /** SHA-256 of the shared params on the integer grid, 64 hex digits. Costs time in proportion to n. */
  stateDigest(): string {
    followSet(this.#state.model, this.#state.set)
    return toHex(paramsDigest(this.#state.model.params))
  }

  /** @returns the verdict on an update */
  #feed(input: Input): Verdict | undefined {
    if (this.#abort.signal.aborted) return { kind: 'ignore', reason: 'stopped' }
    const { clock } = this.#components
    const now = clock.now()
    const result = step(this.#state, input, now)
    this.#components.watch?.stepped(input, result)
    const { effects, wakeAt, verdict } = result
    this.#alarm.set(wakeAt, now)
    this.#journal?.note(input, verdict)
    this.#newest.note(input, verdict, now)
    for (const effect of effects) this.#do(effect)
    return verdict
  }

  /** All rest and have the same set: is the model still what this peer came to rest with? */
  async #judgeStill(): Promise<void> {
    const accuracy = await this.#reporter.settled(this.#abort.signal)
    if (accuracy !== null && this.#state.still) this.#resting.judgeStill(accuracy)
  }

  #do(effect: Effect): void {
    const { gossip, streams, trainer, metrics } = this.#components
    const signal = this.#abort.signal
    switch (effect.type) {
      case 'train':
        if (trainer === undefined) break
        this.#run(this.#train(trainer, effect.params))
        break
      case 'seal':
        this.#run(
          this.#sealer.update(effect).then(result => {
            // Why is told by the journal, once.
            this.#feed(result)
          })
        )
        break
      case 'gossip':
        this.#run(gossip.publish(effect.envelope).then(recipients => metrics?.count('updates_handed_over', recipients)))
        break
      case 'pulse':
        this.#run(
          this.#sealer.pulse(effect).then(async bytes => {
            metrics?.count('pulse_bytes_sent', bytes.length * effect.to.length)
            await Promise.allSettled(effect.to.map(peer => streams.pulse(peer, bytes)))
          })
        )
        break
      case 'ask':
        this.#run(this.#exchange.ask(effect))
        break
      case 'fetch-snapshot':
        this.#run(
          this.#fetcher.fetch(effect).then(
            input => {
              this.#feed(input)
            },
            error => {
              if (!signal.aborted) this.#warn(`no snapshot of epoch ${effect.epoch}: ${messageOf(error)}`)
              this.#feed({ type: 'snapshot-failed' })
            }
          )
        )
        break
      case 'folded':
        this.#run(this.#snapshots.make().then(() => {}))
        break
      case 'adopted':
        break
      case 'penalise':
        metrics?.count('penalties')
        gossip.penalise(effect.peer)
        break
      case 'closed':
        this.#run(this.#reporter.closed(effect, signal))
        break
      case 'trained':
        this.#emitter.emit('trained', { epoch: effect.epoch })
        break
      case 'still':
        this.#emitter.emit('still', { epoch: effect.epoch, still: effect.still })
        break
      case 'settled':
        this.#emitter.emit('settled', { setDigest: effect.setDigest })
        if (this.#resting.judgesStill && this.#state.still) this.#run(this.#judgeStill())
        break
      case 'note':
        this.#emitter.emit('note', { message: effect.message })
        break
      case 'warn':
        this.#warn(effect.message)
    }
  }

  async #train(trainer: Trainer, params: Float32Array): Promise<void> {
    const training = new AbortController()
    this.#training = training
    const { signal } = training
    if (this.#abort.signal.aborted) training.abort()
    const steps = this.#state.manifest.training.localSteps
    const result = await runLocalSteps(trainer, steps, params, signal)
    this.#training = undefined
    if (result.type === 'train-failed' && signal.aborted) {
      this.#feed({ type: 'train-aborted', steps })
      return
    }
    if (result.type === 'train-failed') this.#warn(`local training failed: ${result.reason}`)
    if (result.type === 'trained') this.#keepTrainer(trainer)
    this.#feed(result)
  }

  /** Best effort, and before the next local steps begin. */
  #keepTrainer(trainer: Trainer): void {
    const journal = this.#journal
    if (journal?.wantsTrainer) this.#run(trainer.state().then(state => journal.keepTrainer(state)))
  }

  #warn(message: string): void {
    this.#emitter.emit('warning', { message })
  }

  /** Runs something to its end beside the rest; whatever goes wrong in it is told, never thrown. */
  #run(promise: Promise<void>): void {
    const work: Promise<void> = promise
      .catch(error => {
        if (!this.#abort.signal.aborted && !(error instanceof DecodeError)) this.#warn(messageOf(error))
      })
      .finally(() => this.#work.delete(work))
    this.#work.add(work)
  }
}

function freshState({ identity, clock, trainer }: PeerComponents, init: PeerInit): SwarmState {
  return createState(init.manifest, {
    self: identity.key,
    mode: init.mode ?? 'sync',
    pulseMs: init.pulseMs ?? 2000,
    samples: trainer?.samples ?? 0,
    now: clock.now(),
    resumed: init.resumed ?? false
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
