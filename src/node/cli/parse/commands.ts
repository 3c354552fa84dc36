/** The commands, in the order in which help lists them. */

import { registerOrders, registerStatus } from './control.js'
import { registerDoctor } from './doctor.js'
import { registerId, registerInvite } from './invite.js'
import { registerJoin } from './join.js'
import { registerNode } from './node.js'
import type { Register } from './register.js'
import { registerServe } from './serve.js'
import { registerSim } from './sim.js'
import { registerSwarm } from './swarm.js'
import { registerTestnet } from './testnet.js'
import { registerTopology } from './topology.js'

export const COMMANDS: readonly Register[] = [
  registerTestnet,
  registerSim,
  registerNode,
  registerSwarm,
  registerJoin,
  registerInvite,
  registerId,
  registerTopology,
  registerServe,
  registerDoctor,
  registerStatus,
  registerOrders
]
