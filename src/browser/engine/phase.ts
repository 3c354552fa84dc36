/** What a page is at, in the words that its user interface knows. Pure. */
import type { Phase } from './session.js'

/** How far this visit has come. `trained`: the last epoch is over; `settled`: and neighbours hold the same. */
export type Stage = 'connecting' | 'choosing' | 'starting' | 'taking-part' | 'trained' | 'settled' | 'left'

/** Without a neighbour for so long, ms, while online, the page says that it needs a fresh invite; it tries on. */
export const STRANDED_MS = 20_000

/**
 * @param aloneMs online and without a neighbour
 * @param resting whether there is a reason to
 * @param changed whether late updates came after all was settled, and neighbours have not told yet that they have them, too
 */
export function phaseOf(stage: Stage, aloneMs: number, resting: boolean, changed = false): Phase {
  switch (stage) {
    case 'settled':
      return changed ? 'settling' : 'ended'
    case 'left':
    case 'choosing':
    case 'starting':
      return stage
    case 'connecting':
      return aloneMs > STRANDED_MS ? 'stranded' : 'connecting'
    case 'trained':
      return aloneMs > STRANDED_MS ? 'stranded' : 'settling'
    case 'taking-part':
      if (aloneMs > STRANDED_MS) return 'stranded'
      return resting ? 'resting' : 'training'
  }
}
