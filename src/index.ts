/** The public library: a peer and what it is made of, for programs that are peers themselves. README.md, "As a library". */
import './node/shim.js'

export { initialParams, parameterCount, type TensorSpec } from './core/protocol/init.js'
export {
  type Manifest,
  ManifestError,
  type ModelSpec,
  manifestBytes,
  parseManifest,
  swarmId,
  type TaskSpec
} from './core/protocol/manifest.js'
export type { Verdict } from './core/protocol/verdict.js'
export type * from './interface.js'
export { systemClock } from './net/clock.js'
export { generateIdentity } from './net/identity.js'
export { loadData } from './node/data/index.js'
export type { EpochRecord, NodeSummaryRecord, SummaryRecord } from './node/json.js'
export { createLocalPeer, type LocalPeer, type LocalPeerInit } from './node/local-peer.js'
export { startTrainerWorker, type TrainerConfig, type TrainerWorker } from './node/trainer/index.js'
export type { EpochReport, PeerComponents, PeerEvents, PeerInit, PeerStatus } from './peer/events.js'
export { KeptError } from './peer/journal-load.js'
export { memoryStore } from './peer/memory-store.js'
export { Peer } from './peer/peer.js'
export {
  createTopology,
  formatTopology,
  parseTopology,
  type Topology,
  TopologyError,
  topologyStats
} from './topology/index.js'
export { taskDefaults } from './train/defaults.js'
export { DataError } from './train/error.js'
export { layersModelArtifacts } from './train/export.js'
export { createManifest, type ManifestOptions } from './train/manifest.js'
export { formatPartition, type Partition, parsePartition } from './train/partition.js'
