/** The engine as the page uses it: handed in, so that the page shows itself before libp2p has loaded. */
import type { OpenSession, Remembered } from '../../engine/session.js'

export interface Engine {
  readonly openSession: OpenSession
  remembered(): Promise<readonly Remembered[]>
}

/** Loads it, once. */
export type LoadEngine = () => Promise<Engine>
