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
export { shortId } from './core/protocol/short-id.js'
export type { Verdict } from './core/protocol/verdict.js'
export type { Invite } from './core/wire/invite.js'
export { InviteError, inviteLink, readInvite } from './core/wire/invite-text.js'
export type * from './interface.js'
export { AdmissionError } from './member/admission.js'
export { systemClock } from './net/clock.js'
export { generateIdentity } from './net/identity.js'
export { type MakeInviteInit, makeInvite, peersOf, type Reachable, staleFrom } from './net/invite.js'
export { loadData } from './node/data/index.js'
export { planDiscovery } from './node/discovery/plan.js'
export { type FindInit, type FoundSwarm, findSwarm } from './node/join/find-swarm.js'
export type { EpochRecord, NodeSummaryRecord, SummaryRecord } from './node/json.js'
export type { NodeReach } from './node/libp2p/create.js'
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
