/** A fault file as a plan for real processes, or the reason why there is none. */
import {
  type CompileInit,
  compileFaults,
  type Faults,
  parseFaults,
  type Timeline,
  usedFaults
} from '../../faults/index.js'
import type { Topology } from '../../topology/index.js'
import { UsageError } from '../cli/errors.js'
import { readText } from '../cli/files.js'
import { movingPeers, unsupportedFaults, withoutUnsupported } from './supported.js'

/** Far more than anybody writes by hand. */
const MAX_FAULTS_BYTES = 2 ** 20

export interface PlannedFaults {
  readonly name: string
  /** Rules for links, peers and disks. */
  readonly rules: number
  /** What real processes cannot do, as errors name it. */
  readonly leftOut: readonly string[]
  readonly timeline: Timeline
  /** Peers that need a process of their own. */
  readonly moving: ReadonlySet<number>
  /** Peers that come later. */
  readonly late: readonly number[]
  /** Whether links go bad. */
  readonly links: boolean
  /** Whether peers go down and come back. */
  readonly keeps: boolean
}

export interface PlanFaultsInit {
  readonly seed: number
  readonly skipUnsupported?: boolean
}

/**
 * @throws {UsageError} that names what real processes cannot do
 * @throws {InputError} or a FaultsError when the file cannot be read or does not fit the topology
 */
export async function planFaults(path: string, topology: Topology, init: PlanFaultsInit): Promise<PlannedFaults> {
  const text = await readText(path, MAX_FAULTS_BYTES, 'there are some in topology/faults')
  const asked = parseFaults(text, path)
  const unsupported = unsupportedFaults(asked)
  if (unsupported.length > 0 && init.skipUnsupported !== true) {
    const reasons = [...new Set(unsupported.map(({ why }) => why))].map(why => {
      const places = unsupported.filter(other => other.why === why).map(({ place }) => place)
      return `  ${why} (${places.join('; ')})`
    })
    throw new UsageError(
      `${path}: asks for what real processes cannot do:\n${reasons.join('\n')}\n` +
        'Run it with starlings sim, or add --skip-unsupported to leave that out'
    )
  }
  const faults = withoutUnsupported(asked)
  const { peers, edges } = topology
  const timeline = compileNamed(faults, { peers, edges, seed: init.seed }, path)
  return {
    name: faults.name,
    rules: countRules(faults),
    leftOut: unsupported.map(({ place }) => place),
    timeline,
    moving: movingPeers(faults, peers),
    late: timeline.peers.flatMap(({ late }, peer) => (late ? [peer] : [])),
    links: usesLinks(faults),
    keeps: (faults.events ?? []).some(event => event.do === 'crash' || event.do === 'leave')
  }
}

/** @throws {FaultsError} that names the file, too */
export function compileNamed(faults: Faults, init: CompileInit, path: string): Timeline {
  try {
    return compileFaults(faults, init)
  } catch (error) {
    if (error instanceof Error) error.message = `${path}: ${error.message}`
    throw error
  }
}

/** What holds for a while and is no event. */
export function countRules({ links = [], peers = [], disks = [] }: Faults): number {
  return links.length + peers.length + disks.length
}

function usesLinks(faults: Faults): boolean {
  return usedFaults(faults).some(({ kind }) => ['loss', 'delay', 'bandwidth', 'partition'].includes(kind))
}
