/** The life of a peer that was started by hand: train, settle, help others for a while, leave. */
import type { Manifest } from '../core/protocol/manifest.js'
import type { Evaluation, Trainer } from '../interface.js'
import { systemClock } from '../net/clock.js'
import type { NodeSummaryRecord } from './json.js'
import type { LocalPeer } from './local-peer.js'
import type { NodeConsole } from './node-console.js'
import type { NodePlan } from './node-plan.js'
import type { RouterFacts } from './reach/router/gateway.js'
import { formatPlural } from './report/units.js'
import type { Home } from './store/home.js'
import { createUpkeep, type Upkeep } from './upkeep/upkeep.js'
import { processUsage } from './usage.js'

export interface SessionInit {
  readonly local: LocalPeer
  readonly trainer: Trainer
  readonly manifest: Manifest
  readonly options: NodePlan
  readonly console: NodeConsole
  readonly home?: Home | undefined
  /** Makes an invite for `starlings invite`, when this node can. */
  readonly invite?: ((page: string | undefined) => unknown) | undefined
  /** Until when the addresses in its invites are good; undefined when they do not go stale. */
  readonly staleAt?: (() => Date | undefined) | undefined
  /** What routers were asked for (UPnP). @default none was asked */
  readonly routers?: (() => readonly RouterFacts[]) | undefined
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** After training, neighbours get at least this long to agree on the set. */
const LEAST_SETTLE_MS = 10_000
/** A user who pressed Ctrl-C waits no longer for the last figures. */
const LAST_WORDS_MS = 700
const LOOK_MS = 1000

/** Resolves when the peer has left, by itself or because it was told to. */
export async function takePart(init: SessionInit): Promise<NodeSummaryRecord> {
  const leaving = new AbortController()
  const stopped = () => leaving.abort()
  init.signal.addEventListener('abort', stopped)
  if (init.signal.aborted) stopped()
  const upkeep = await keepUp(init, stopped)
  try {
    return await live({ ...init, signal: leaving.signal }, upkeep)
  } finally {
    init.signal.removeEventListener('abort', stopped)
    await upkeep.stop()
  }
}

function keepUp(
  { local, manifest, home, options, console, invite, staleAt, routers }: SessionInit,
  leave: () => void
): Promise<Upkeep> {
  return createUpkeep({
    local,
    manifest,
    home,
    clock: systemClock,
    limits: { maxCpu: options.maxCpu || undefined, maxMbPerDay: options.maxMbPerDay || undefined },
    facts: () => console.facts,
    warn: message => console.warn(message),
    say: line => console.say(line),
    invite,
    staleAt,
    routers,
    leave
  })
}

async function live(init: SessionInit, upkeep: Upkeep): Promise<NodeSummaryRecord> {
  const { local, options, console, signal } = init
  const { peer } = local
  let settledDigest: string | undefined
  let trainedSeconds: number | undefined
  const lingerMs = options.linger * 1000
  const trained = new Promise<void>(resolve => peer.on('trained', () => resolve()))
  const restedOut = allRest(init, lingerMs)
  const settled = new Promise<void>(resolve =>
    peer.on('settled', ({ setDigest }) => {
      settledDigest = setDigest
      resolve()
    })
  )
  const model = watchModel(init)
  const stopTelling = tell(init, upkeep, () => trainedSeconds === undefined)

  if (init.home !== undefined) console.home(init.home.path, init.home.resumed ? peer.status() : undefined)
  // The home may be of a swarm that has ended: then there is nothing to wait for, but others may still come for the model.
  const ended = peer.status().trained
  if (ended) {
    trainedSeconds = performance.now() / 1000
    console.status(peer.status())
  }
  console.phase(ended ? 'helping others' : 'training')
  await peer.start()
  local.dial(options.peer, address => {
    // After the end the others leave, and nobody needs them.
    if (trainedSeconds === undefined) console.warn(`${address} does not answer; it is dialled until it does`)
  })
  await first(signal, trained, restedOut)
  if (!signal.aborted && peer.status().trained) {
    trainedSeconds ??= performance.now() / 1000
    if (!ended) {
      console.status(peer.status())
      console.phase('settling')
      await first(signal, settled, after(Math.max(LEAST_SETTLE_MS, lingerMs)))
    }
    if (!signal.aborted) await model.follow()
    const left = trainedSeconds * 1000 + lingerMs - performance.now()
    if (!signal.aborted && left > 0) {
      console.phase('helping others')
      console.say(`helping others to the same model for ${options.linger} s; Ctrl-C leaves now`)
      const stopFollowing = every(LOOK_MS, () => void model.follow().catch(error => console.warn(String(error))))
      await first(signal, after(left))
      stopFollowing()
    }
  }

  stopTelling()
  const status = peer.status()
  const stopped = local.stop()
  const evaluation: Promise<Evaluation | null> = model.evaluate()
  const words = signal.aborted ? Promise.race([evaluation, after(LAST_WORDS_MS).then(() => null)]) : evaluation
  const [last] = await Promise.all([words.catch(() => null), stopped])
  return console.end({
    status,
    evaluation: last,
    stateDigest: peer.stateDigest(),
    settled: status.setDigest === settledDigest,
    wireBytesSent: local.bytes.sent,
    wireBytesReceived: local.bytes.received,
    trainedSeconds: trainedSeconds ?? performance.now() / 1000,
    ...processUsage()
  })
}

/** Resolves when by the manifest's plateau nobody has trained for so long: whoever was to be helped or to change that has come. */
function allRest({ local: { peer }, manifest, console }: SessionInit, lingerMs: number): Promise<void> {
  const { plateau } = manifest.stop
  if (plateau === null) return new Promise(() => undefined)
  let told = false
  peer.on('resting', ({ reasons }) => {
    const rests = reasons.includes('plateau')
    if (rests !== told)
      console.say(
        rests
          ? `nothing gained for ${formatPlural(plateau.epochs, 'epoch')}: this peer rests, and trains again when that changes`
          : 'the model has changed: training again'
      )
    told = rests
  })
  return new Promise(resolve => {
    let cancel = (): void => undefined
    peer.on('still', ({ still }) => {
      cancel()
      if (!still || !peer.status().resting.includes('plateau')) return
      console.say(
        `all rest: the training of this swarm has come to an end; leaving in ${lingerMs / 1000} s if that lasts`
      )
      cancel = systemClock.after(lingerMs, resolve)
    })
  })
}

/** Tells the user what happens, until the returned function is called. @param training whether there are epochs to come */
function tell({ local, console, options }: SessionInit, upkeep: Upkeep, training: () => boolean): () => void {
  const { peer } = local
  const offs = [
    // Few of them are of other swarms, which come by where many share a network and are nothing to worry about.
    local.onRefused(({ byUs, reason, words }) => {
      // Somebody else's DHT is made of other programs.
      if (byUs && !(reason === 'no-hello' && options.dhtProtocol !== undefined)) console.warn(words)
    }),
    peer.on('epoch', report => console.epoch(report, peer.status())),
    peer.on('note', ({ message }) => console.say(message)),
    peer.on('warning', ({ message }) => console.warn(message)),
    peer.on('neighbour', ({ peer: key, connected }) => console.neighbour(key, connected, peer.status())),
    // After the end the others leave, and nobody needs them.
    peer.on('alone', event => training() && !upkeep.isShut && console.alone(event)),
    every(LOOK_MS, () => console.upkeep(upkeep.glance(), peer.status()))
  ]
  return () => {
    for (const off of offs) off()
  }
}

interface WatchedModel {
  /** Tells what the model reaches, if it is not the one that the user was told about. */
  follow(): Promise<void>
  /** What the model of now reaches; at once where that is known. */
  evaluate(): Promise<Evaluation>
}

function watchModel({ local: { peer }, trainer, console, signal }: SessionInit): WatchedModel {
  let told: string | undefined
  let seen: string | undefined
  let known: { readonly digest: string; readonly evaluation: Evaluation } | undefined
  let busy = false
  const evaluate = async (): Promise<Evaluation> => {
    const digest = peer.stateDigest()
    if (known?.digest === digest) return known.evaluation
    const evaluation = await trainer.evaluate(peer.params())
    known = { digest, evaluation }
    return evaluation
  }
  return {
    evaluate,
    async follow() {
      const { setDigest, epoch } = peer.status()
      // Late updates come in a row: the last one is what matters.
      const calm = seen === undefined || seen === setDigest
      seen = setDigest
      if (busy || !calm || setDigest === told) return
      busy = true
      try {
        const stateDigest = peer.stateDigest()
        const evaluation = await evaluate()
        told = setDigest
        if (!signal.aborted) console.reached(evaluation, stateDigest, epoch)
      } finally {
        busy = false
      }
    }
  }
}

/** Resolves with the first of them, or when the signal is aborted. */
async function first(signal: AbortSignal, ...events: readonly Promise<unknown>[]): Promise<void> {
  if (signal.aborted) return
  let listener = (): void => undefined
  const aborted = new Promise<void>(resolve => {
    listener = resolve
    signal.addEventListener('abort', listener)
  })
  await Promise.race([aborted, ...events])
  signal.removeEventListener('abort', listener)
}

function after(ms: number): Promise<void> {
  return new Promise(resolve => systemClock.after(ms, resolve))
}

/** @returns stops it */
function every(ms: number, callback: () => void): () => void {
  let cancel = systemClock.after(ms, function again() {
    cancel = systemClock.after(ms, again)
    callback()
  })
  return () => cancel()
}
