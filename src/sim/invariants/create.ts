/** All invariants of PROTOCOL.md, section 9, that can be checked on a run from outside. */
import type { RunObserver, RunView } from '../observer.js'
import { createBooks } from './books.js'
import { createBounds } from './bounds.js'
import { createClocks } from './clocks.js'
import { createConvergence } from './convergence.js'
import { createHistories } from './histories.js'
import { createSets } from './sets.js'
import { createSignatures } from './signatures.js'
import { createStanding } from './standing.js'
import type { Report, Violation } from './violation.js'

export interface Invariants extends RunObserver {
  /** The first thousand, in the order of time. */
  readonly broken: readonly Violation[]
  /** Epochs signed twice by an honest peer whose disk had lied or was lost while nobody was there to ask. */
  readonly excusedDoubles: () => number
}

const MAX_BROKEN = 1000

/** Looks at one run; changes nothing and draws nothing. */
export function createInvariants(): Invariants {
  const broken: Violation[] = []
  let run: RunView | undefined
  const report: Report = (id, peer, detail) => {
    if (broken.length < MAX_BROKEN) broken.push({ id, peer, atMs: run?.now() ?? 0, detail })
  }
  const histories = createHistories(report)
  const signatures = createSignatures(report)
  // The books look into the histories, which must have followed the step before.
  const all: readonly RunObserver[] = [
    histories,
    createBooks(report, histories),
    signatures,
    createSets(report),
    createConvergence(report),
    createClocks(report),
    createBounds(report),
    createStanding(report)
  ]
  return {
    broken,
    excusedDoubles: () => signatures.excused(),
    onBegin(view) {
      run = view
      for (const one of all) one.onBegin?.(view)
    },
    onStart: (peer, disk) => {
      for (const one of all) one.onStart?.(peer, disk)
    },
    onStep: (peer, step) => {
      for (const one of all) one.onStep?.(peer, step)
    },
    onGone: (peer, crash) => {
      for (const one of all) one.onGone?.(peer, crash)
    },
    onFault: action => {
      for (const one of all) one.onFault?.(action)
    },
    onSecond: view => {
      for (const one of all) one.onSecond?.(view)
    },
    onEnd: (view, end) => {
      for (const one of all) one.onEnd?.(view, end)
    }
  }
}
