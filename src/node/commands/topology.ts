/** `starlings topology`: prints a topology file. */
import { createTopology, formatTopology, type TopologyKind } from '../../topology/index.js'
import type { TopologyOptions } from '../cli/options.js'

export async function topology(kind: TopologyKind, options: TopologyOptions): Promise<void> {
  const drawn = kind === 'regular' || kind === 'small-world'
  const text = formatTopology(
    createTopology(kind, {
      peers: options.peers,
      ...(options.degree === undefined ? {} : { degree: options.degree }),
      // A shape that draws no lots is the same for every seed, so scripts may pass one to all of them.
      ...(drawn && options.seed !== undefined ? { seed: options.seed } : {})
    })
  )
  process.stdout.write(text)
}
