/** Which screen there is to see, by what the session says and by how far the person has read. */
import type { Remembered, View } from '../../engine/session.js'
import { type Problem, problemOf } from '../words/errors.js'

export type Screen =
  | { readonly kind: 'loading' }
  | { readonly kind: 'landing' }
  | { readonly kind: 'insecure' }
  | { readonly kind: 'unsupported' }
  /** Another tab has the swarm open. */
  | { readonly kind: 'other-tab' }
  /** Opened without a network, or so: how things stood. */
  | { readonly kind: 'last'; readonly last: Remembered; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem }
  | { readonly kind: 'opening' }
  | { readonly kind: 'invitation' }
  | { readonly kind: 'data' }
  | { readonly kind: 'swarm' }
  | { readonly kind: 'stranded' }
  | { readonly kind: 'left' }

/** Why there is no session, as a screen. */
export function refusal(error: unknown, last: Remembered | undefined): Screen {
  const fault = error instanceof Error && 'fault' in error ? error.fault : undefined
  if (fault === 'other-tab') return { kind: 'other-tab' }
  if (fault === 'nothing-kept') return { kind: 'landing' }
  const problem = problemOf(error)
  return last === undefined ? { kind: 'failed', problem } : { kind: 'last', last, problem }
}

export interface Standing {
  /** What swarm it is was told, now or in an earlier visit. */
  readonly known: boolean
  /** To the invitation. */
  readonly agreed: boolean
  /** The chosen data is being tried. */
  readonly beginning: boolean
}

export function screenOf(view: View, { known, agreed, beginning }: Standing): Screen {
  switch (view.phase) {
    case 'connecting':
      return { kind: 'opening' }
    case 'choosing':
      return { kind: agreed ? 'data' : 'invitation' }
    case 'starting':
      return { kind: beginning ? 'data' : 'swarm' }
    case 'left':
      return { kind: 'left' }
    case 'stranded':
      // Who was never let in has nothing to go on with; that screen says who refused it, and what may help.
      return { kind: known ? 'stranded' : 'opening' }
    default:
      return { kind: 'swarm' }
  }
}
