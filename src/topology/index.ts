/** Topologies: made, read, written and measured. */
export { createTopology, type TopologyInit } from './create.js'
export { formatTopology, parseTopology } from './file.js'
export { type TopologyStats, topologyStats } from './stats.js'
export {
  type Edge,
  MAX_EDGES,
  MAX_PEERS,
  TOPOLOGY_KINDS,
  type Topology,
  TopologyError,
  type TopologyKind
} from './topology.js'
