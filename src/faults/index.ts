/** Faults: a file that says what goes wrong, and a timeline that makes it so. Simulator and testnet share it. */
export {
  type Delay,
  DISK_FAULTS,
  type DiskFault,
  type Faults,
  FaultsError,
  HOSTILE_KINDS,
  type HostileKind,
  type Moment,
  type Selection,
  type Span
} from './faults.js'
export { parseFaults } from './file.js'
export { type FaultKind, type UsedFault, usedFaults } from './kinds.js'
export { type LinkFaults, NO_LINK_FAULTS } from './links.js'
export type { PeerPlan } from './plans.js'
export {
  type CompileInit,
  compileFaults,
  type FaultAction,
  type FaultTime,
  type PeerCondition,
  type Timeline
} from './timeline.js'
