/** I2: sent + residual is the sum of the deltas taken in, exactly, through everything; what a disk lost is lost, nothing else. */
import { toHex } from '../../core/bytes.js'
import type { Effect, Input } from '../../core/protocol/effects.js'
import type { RunObserver, RunPeer, RunView } from '../observer.js'
import { isUp } from './graph.js'
import { CONFLICT, type Histories } from './histories.js'
import { addDelta, addSparse, createLedger, fingerprint, firstDifference, type Ledger, remember } from './ledger.js'
import type { Report } from './violation.js'

/** A history tells so many retentions before its base what it holds; what is older cannot be carried over. */
const LEDGER_RETENTIONS = 4

/** Until this long after a fault of the disk not all may be saved again, milliseconds. */
const UNSAVED_MS = 30_000

const isZero = (values: Int32Array) => values.every(value => value === 0)

export function createBooks(report: Report, histories: Histories): RunObserver {
  let run: RunView
  const ledgers: Ledger[] = []
  /** The crash before may have taken what the disk had called durable. */
  const forgot: boolean[] = []
  /** When a fault of the disk began or ended last. */
  const failedAt: number[] = []

  const complain = (peer: RunPeer, what: string) => report('I2', peer.peer, what)

  function compare(peer: RunPeer, ledger: Ledger, when: string): void {
    const actual = peer.state!.own.residual
    const at = firstDifference(ledger.residual, actual)
    if (at < 0) return
    complain(peer, `${when} the residual at ${at} is ${actual[at]}, and the books say ${ledger.residual[at]}`)
    ledger.residual = actual.slice() // one mistake is told once
  }

  function look(peer: RunPeer, ledger: Ledger, epoch?: number): void {
    for (const update of ledger.published)
      if (epoch === undefined || update.epoch === epoch)
        update.held = histories.holds(peer.peer, update.epoch, peer.key) === update.hash
  }

  function publish(peer: RunPeer, ledger: Ledger, hash: string): void {
    const { sealing } = ledger
    if (sealing === null) return
    const { epoch, indices, values } = sealing
    ledger.published.push({ epoch, hash, indices, values, atMs: run.now(), held: true, carried: false })
    ledger.sealing = null
    look(peer, ledger, epoch)
    const update = ledger.published.at(-1)!
    if (update.held || epoch >= peer.state!.set.base) return
    // Its epoch was folded while it was being stored: no history will hold it.
    addSparse(ledger.residual, update, 1)
    update.carried = true
  }

  function begin(peer: RunPeer): void {
    const { own, counters, set } = peer.state!
    const ledger = ledgers[peer.peer] ?? createLedger(own.residual.length)
    ledgers[peer.peer] = ledger
    if (forgot[peer.peer] === true) ledger.forgotAt = run.now()
    ledger.staleSince = null
    if (ledger.sealing !== null) {
      // It was stored, or it was not, and then it is as if it had never been made.
      const entry = set.epochs.get(ledger.sealing.epoch)?.entries.get(peer.key)
      if (entry !== undefined) publish(peer, ledger, entry.kind === 'one' ? toHex(entry.update.contentHash) : CONFLICT)
      else {
        addSparse(ledger.residual, ledger.sealing, 1)
        addDelta(ledger.residual, ledger.sealing.delta, -1)
      }
    }
    if (firstDifference(ledger.residual, own.residual) >= 0) {
      if (ledger.forgotAt === null) complain(peer, 'it started with another residual than it had, and no disk failed')
      else if (!isZero(own.residual)) {
        ledger.staleSince = own.signedEpoch
        if (!ledger.written.has(fingerprint(own.residual)))
          complain(peer, 'it started with a residual that no disk has ever held')
      }
    }
    look(peer, ledger)
    ledger.residual = own.residual.slice()
    ledger.latest = null
    ledger.sealing = null
    ledger.trained = 0
    ledger.taken = 0
    ledger.discardedBefore = counters.discardedSteps
    ledger.lostBefore = counters.lostResidual
    forgot[peer.peer] = false
  }

  function sealed(peer: RunPeer, ledger: Ledger, effect: Effect & { type: 'seal' }): void {
    const { latest } = ledger
    if (latest === null) complain(peer, `an update for epoch ${effect.epoch} without local steps`)
    const { delta, steps } = latest ?? { delta: new Int32Array(ledger.residual.length), steps: 0 }
    // What was clamped when it was taken in is no longer in the delta.
    addDelta(ledger.residual, delta, 1)
    addSparse(ledger.residual, effect.sparse, -1)
    compare(peer, ledger, `with the update of epoch ${effect.epoch} taken out`)
    ledger.sealing = { ...effect.sparse, epoch: effect.epoch, delta, steps }
    ledger.taken += steps
    ledger.latest = null
    remember(ledger)
  }

  function refused(peer: RunPeer, ledger: Ledger): void {
    const { sealing } = ledger
    if (sealing === null) {
      complain(peer, 'an update that was never made could not be stored')
      return
    }
    ledger.sealing = null
    addSparse(ledger.residual, sealing, 1)
    if (firstDifference(ledger.residual, peer.state!.own.residual) < 0) return
    // The mass returned, and the delta was taken out again: it counts as discarded.
    addDelta(ledger.residual, sealing.delta, -1)
    ledger.taken -= sealing.steps
    compare(peer, ledger, 'after an update that was not stored')
  }

  /** The peer may have gone over to another history: what that one does not hold of its own returns to the residual. */
  function adopted(peer: RunPeer, ledger: Ledger, epoch: number): void {
    const horizon = peer.state!.set.history.ledger.from
    const before = ledger.published.filter(({ held }) => held)
    look(peer, ledger)
    takeBack(ledger)
    const missing = before.filter(({ held, epoch: of }) => !held && of >= horizon)
    // Of what it published before its disk failed it may have no copy.
    const sure = missing.filter(({ atMs }) => ledger.forgotAt === null || atMs > ledger.forgotAt)
    for (const update of sure) addSparse(ledger.residual, update, 1)
    for (const update of missing) update.carried = true
    if (sure.length < missing.length && firstDifference(ledger.residual, peer.state!.own.residual) >= 0)
      for (const update of missing) if (!sure.includes(update)) addSparse(ledger.residual, update, 1)
    compare(peer, ledger, `after a history of epoch ${epoch}, which lacks ${missing.length} own updates,`)
  }

  /** What was carried over and turns up in the history after all leaves the residual again. */
  function takeBack(ledger: Ledger): void {
    for (const update of ledger.published) {
      if (!update.held || !update.carried) continue
      addSparse(ledger.residual, update, -1)
      update.carried = false
    }
  }

  /** An own update from an earlier life. When it is not remembered, the residual may hold what it sent: then it is given up. */
  function learn(peer: RunPeer, ledger: Ledger, epoch: number): void {
    look(peer, ledger, epoch)
    takeBack(ledger)
    const { own, counters } = peer.state!
    const lost = counters.lostResidual - ledger.lostBefore
    ledger.lostBefore = counters.lostResidual
    if (lost > 0) {
      const magnitude = ledger.residual.reduce((sum, value) => sum + Math.abs(value), 0)
      if (ledger.forgotAt === null) complain(peer, 'it gave its residual up, and no disk failed')
      else if (lost !== magnitude) complain(peer, `it counts ${lost} as lost, and the books say ${magnitude}`)
      ledger.residual.fill(0)
    } else if (ledger.staleSince !== null && epoch > ledger.staleSince && !isZero(own.residual))
      complain(peer, `its residual is from before its update of epoch ${epoch}, which it now knows: mass counts twice`)
    if (ledger.staleSince !== null && epoch > ledger.staleSince) ledger.staleSince = null
  }

  function follow(peer: RunPeer, ledger: Ledger, input: Input): void {
    switch (input.type) {
      case 'trained':
        ledger.latest = { delta: input.delta, steps: input.steps }
        ledger.trained += input.steps
        break
      case 'train-aborted':
        ledger.trained += input.steps
        break
      case 'sealed':
        publish(peer, ledger, toHex(input.candidate.update.contentHash))
        break
      case 'seal-failed':
        refused(peer, ledger)
        break
      case 'update':
        if (input.candidate.update.author === peer.key) learn(peer, ledger, input.candidate.update.epoch)
        break
      case 'snapshot':
        adopted(peer, ledger, input.snapshot.epoch)
    }
  }

  function balance(peer: RunPeer): void {
    const ledger = ledgers[peer.peer]
    if (ledger === undefined || !isUp(peer)) return
    compare(peer, ledger, 'by and by')
    const { own, counters, set } = peer.state!
    const waiting = own.waiting?.steps ?? 0
    const discarded = counters.discardedSteps - ledger.discardedBefore
    const { trained, taken, published } = ledger
    if (trained !== taken + discarded + waiting)
      complain(peer, `of ${trained} local steps ${taken} were taken in, ${discarded} discarded and ${waiting} wait`)
    ledger.trained = taken + discarded + waiting
    // What is older than histories can tell stays where it is.
    const horizon = set.base - (LEDGER_RETENTIONS + 1) * run.manifest.limits.retentionEpochs
    while (published[0] !== undefined && published[0].epoch < horizon) whereabouts(peer, ledger, published.shift()!)
  }

  /** An update is in the history, was carried over, or was lost with a disk. */
  function whereabouts(peer: RunPeer, { forgotAt }: Ledger, update: Ledger['published'][number]): void {
    const { epoch, held, carried, atMs } = update
    if (held !== carried || (forgotAt !== null && forgotAt >= atMs)) return
    if (histories.holds(peer.peer, epoch, peer.key) === CONFLICT) return // I3 has its say
    complain(peer, `its update of epoch ${epoch} ${carried ? 'counts twice' : 'is gone'}`)
  }

  return {
    onBegin(view) {
      run = view
    },
    onGone(peer, crash) {
      if (crash !== null && (crash.lost || crash.lied > 0 || crash.damaged !== null)) forgot[peer.peer] = true
      const ledger = ledgers[peer.peer]
      const failed =
        peer.disk.fault !== null || run.now() - (failedAt[peer.peer] ?? Number.NEGATIVE_INFINITY) < UNSAVED_MS
      if (ledger !== undefined && failed) ledger.forgotAt = run.now()
    },
    onFault(action) {
      if (action.do === 'disk') for (const peer of action.peers) failedAt[peer] = run.now()
    },
    onStart: begin,
    onStep(peer, { input, effects }) {
      const ledger = ledgers[peer.peer]
      if (ledger === undefined) return
      follow(peer, ledger, input)
      for (const effect of effects) if (effect.type === 'seal') sealed(peer, ledger, effect)
    },
    onSecond: ({ peers }) => peers.forEach(balance),
    onEnd({ peers }) {
      peers.forEach(balance)
      for (const peer of peers) {
        const ledger = ledgers[peer.peer]
        if (ledger === undefined || !isUp(peer)) continue
        look(peer, ledger)
        for (const update of ledger.published) whereabouts(peer, ledger, update)
      }
    }
  }
}
