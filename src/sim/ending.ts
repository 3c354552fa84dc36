/** When a run is over: who counts, who has trained, and whether those that can reach each other hold one set. */
import type { Manifest } from '../core/protocol/manifest.js'
import { setDigest } from '../core/protocol/step.js'
import type { Timeline } from '../faults/index.js'
import { components } from '../topology/graph.js'
import type { Topology } from '../topology/index.js'
import type { Member } from './member.js'

export interface EndingInit {
  readonly members: readonly Member[]
  /** Those of them that are. */
  readonly honest: readonly Member[]
  readonly topology: Topology
  readonly manifest: Manifest
  readonly timeline: Pick<Timeline, 'nextSeconds'>
}

export interface Ending {
  /** Honest peers that are up. */
  here(): readonly Member[]
  /** Those of them that count: to the besieged nothing is promised. */
  up(): readonly Member[]
  /** Nobody counts who is up, nor anybody whom the time alone would bring back. */
  deserted(): boolean
  /** All who count, and there are some. */
  trained(): boolean
  /**
   * One set in each part that honest peers connect; and all of them say so, unless somebody hostile is there: who keeps telling
   * of another set keeps everybody from being sure.
   */
  settled(among: readonly Member[]): boolean
}

export function createEnding({ members, honest, topology, manifest, timeline }: EndingInit): Ending {
  const here = () => honest.filter(member => member.condition === 'up')
  const up = () => here().filter(member => !member.besieged)
  const deserted = () =>
    honest.every(member => member.besieged) || (up().length === 0 && !Number.isFinite(timeline.nextSeconds()))
  /** By its stop rule a peer has trained, or rests as all do. */
  const isOver = (state: Member['state']) =>
    state?.trained === true || (manifest.stop.plateau !== null && state?.still === true)
  function trained(): boolean {
    let count = 0
    for (const { condition, besieged, state } of honest) {
      if (condition !== 'up' || besieged) continue
      if (!isOver(state)) return false
      count++
    }
    return count > 0
  }

  function settled(among: readonly Member[]): boolean {
    const sure = honest.length < members.length || among.every(member => member.settled)
    if (!sure || !among.every(({ state }) => isOver(state))) return false
    const inside = new Set(among.map(({ peer }) => peer))
    const edges = topology.edges.filter(([a, b]) => inside.has(a) && inside.has(b))
    return components(topology.peers, edges).every(part => {
      const sets = part.flatMap(peer => (inside.has(peer) ? [members[peer]!.state!] : []))
      // The cheap part first: from one base on, equal sets are of one size. Bases may differ.
      const sizes = new Map(sets.map(({ set }) => [set.base, set.size]))
      return sets.every(({ set }) => sizes.get(set.base) === set.size) && new Set(sets.map(setDigest)).size <= 1
    })
  }

  return { here, up, deserted, trained, settled }
}
