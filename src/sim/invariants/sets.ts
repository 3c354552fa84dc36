/** I1: equal sets give equal digests and equal params, bit by bit. */
import { toHex } from '../../core/bytes.js'
import { paramsDigest } from '../../core/protocol/init.js'
import { followSet, markDirty } from '../../core/protocol/model.js'
import { chainDigest } from '../../core/protocol/set.js'
import { createModelAt, type SwarmState } from '../../core/protocol/state.js'
import type { RunObserver, RunPeer, RunView } from '../observer.js'
import { isUp } from './graph.js'
import type { Report } from './violation.js'

/** Larger models are compared at the end only: a digest costs time in proportion. */
const SMALL = 10_000

export function createSets(report: Report): RunObserver {
  function compare(run: RunView): RunPeer[] {
    const up = run.peers.filter(isUp)
    const states = up.map(peer => peer.state! as SwarmState)
    // Digests of the same epochs for all, so that equal sets have equal ones wherever the clocks stand.
    let to = 0
    for (const { set } of states) {
      to = Math.max(to, set.base)
      for (const epoch of set.epochs.keys()) to = Math.max(to, epoch + 1)
    }
    const first = new Map<string, { readonly peer: RunPeer; readonly params: string }>()
    up.forEach((peer, i) => {
      const { set, model } = states[i]!
      followSet(model, set)
      const digest = toHex(chainDigest(set, to))
      const params = toHex(paramsDigest(model.params))
      const known = first.get(digest)
      if (known === undefined) first.set(digest, { peer, params })
      else if (known.params !== params)
        report('I1', peer.peer, `its set is that of peer ${known.peer.peer}, and its params are not`)
    })
    return [...first.values()].map(({ peer }) => peer)
  }

  return {
    onSecond(run) {
      const { tensors } = run.manifest.params
      const size = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
      if (size <= SMALL) compare(run)
    },
    /** Against a model that takes the whole set at once, where it reaches back to the start. */
    onEnd(run) {
      for (const { peer, state } of compare(run)) {
        const { set, model, manifest, membership, x0 } = state! as SwarmState
        if (set.base > 0) continue
        const fresh = createModelAt(manifest, membership, x0.slice())
        for (const epoch of set.epochs.keys()) markDirty(fresh, epoch)
        followSet(fresh, set)
        if (toHex(paramsDigest(fresh.params)) !== toHex(paramsDigest(model.params)))
          report('I1', peer, 'its params are not those that its set gives when it is taken in at once')
      }
    }
  }
}
