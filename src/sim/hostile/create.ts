/** Every kind of hostile peer that the simulator has, by its name in fault files. */

import type { HostileKind } from '../../faults/faults.js'
import { flooder, replayer } from './floods.js'
import { snapshotForger } from './forger.js'
import { epochLiar, equivocator } from './liars.js'
import { repairRubbish } from './rubbish.js'
import {
  type Behaviour,
  createStranger,
  type HostileComponents,
  type HostileInit,
  type HostilePeer
} from './stranger.js'

const BEHAVIOURS: Readonly<Record<HostileKind, () => Behaviour>> = {
  'epoch-liar': epochLiar,
  equivocator,
  flooder,
  replayer,
  /** Connects, and never says or answers anything. */
  silent: () => ({}),
  'snapshot-forger': snapshotForger,
  'repair-rubbish': repairRubbish
}

/** A peer with a genuine key on a virtual network. Not yet started; whom it is connected to is the network's business. */
export function createHostile(kind: HostileKind, components: HostileComponents, init: HostileInit): HostilePeer {
  return createStranger(components, init, BEHAVIOURS[kind]())
}
