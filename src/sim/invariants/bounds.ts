/** I10: memory, stored bytes and queues stay under bounds. */
import { MAX_SIGNERS } from '../../core/protocol/claims.js'
import { isListening } from '../../core/protocol/expect.js'
import { updatesOf } from '../../core/protocol/set.js'
import type { SwarmState } from '../../core/protocol/state.js'
import { MAX_PARAM_BYTES } from '../../core/wire/params.js'
import { MAX_RECENT } from '../../core/wire/pulse.js'
import type { RunObserver, RunPeer, RunView } from '../observer.js'
import { isUp } from './graph.js'
import type { Report } from './violation.js'

const MAX_RELAYS = 256
const MAX_QUOTAS = 4096
/** Bases move by so much. */
const BASE_STEP = 32
/** And wait so long for neighbours whose old epochs differ. */
const FOLD_PATIENCE = 64
/** A record's key, checksum and the like. */
const RECORD_OVERHEAD = 160
/** What a store keeps beside the set: little records. */
const DISK_SLACK = 65_536

export function createBounds(report: Report): RunObserver {
  const told = new Set<string>()
  /** Of each peer, in the topology. */
  const links: number[] = []

  function check(peer: RunPeer, run: RunView): void {
    const state = peer.state as SwarmState
    const { set, model, clock, neighbours, manifest, x0 } = state
    const { limits, aggregation } = manifest
    const { stalenessBound } = manifest.clock
    const atMost = (what: string, is: number, bound: number) => {
      if (is <= bound || told.has(`${peer.peer} ${what}`)) return
      told.add(`${peer.peer} ${what}`)
      report('I10', peer.peer, `${what}: ${is}, and ${bound} are the bound`)
    }
    atMost('claims', clock.claims.size, MAX_SIGNERS)
    atMost('claims to be passed on', state.relays.size, MAX_RELAYS)
    atMost('quotas of authors', state.repairQuota.size, MAX_QUOTAS)
    atMost('epochs closed before their quorum', clock.late.size, BASE_STEP)
    atMost('neighbours', neighbours.size, links[peer.peer] ?? 0)
    for (const { comparison } of neighbours.values()) {
      const span = clock.epoch + stalenessBound + 1 - set.base
      atMost('epochs to ask a neighbour about', comparison.epochs.size, span + MAX_RECENT)
      atMost('ranges to ask a neighbour about', comparison.ranges.length, 16 * 64)
    }
    // The retention, a step of the base, and what is not closed yet. Who catches up folds nothing until it knows the past, and
    // after the end nobody does.
    if (!isListening(state) && state.own.missedFrom === null && !state.trained) {
      const epochs = limits.retentionEpochs + FOLD_PATIENCE + BASE_STEP + stalenessBound + 1
      atMost('epochs held', clock.epoch + stalenessBound + 1 - set.base, epochs)
      const foldable = set.base + BASE_STEP <= clock.epoch - stalenessBound - aggregation.liveWindow
      if (foldable) atMost('bytes of the set', set.bytes, limits.retentionBytes + heaviestStep(state))
      atMost('updates decoded', model.cache.size, decodable(state))
    }
    const kept = set.bytes + set.size * RECORD_OVERHEAD
    const headers = aggregation.liveWindow * Math.min(limits.maxAuthors, run.peers.length)
    const ledger = [...set.history.ledger.ids.values()].reduce((sum, ids) => sum + ids.length + 10, 0)
    const snapshot = 128 + MAX_PARAM_BYTES * x0.length + 50 * headers + ledger
    // The own updates before the base, for as long as a history can ask for them, and bytes about to be dropped.
    const own = 5 * limits.retentionEpochs * Math.min(limits.maxUpdateBytes, manifest.gossip.budgetBytes)
    const bound = 2 * kept + snapshot + Math.min(own, 2 * limits.retentionBytes) + 16 * x0.length + DISK_SLACK
    atMost('bytes on the disk', peer.disk.bytes(), bound)
  }

  /** What came since the set was last folded. */
  function heaviestStep({ set, clock }: SwarmState): number {
    let bytes = 0
    for (const [epoch, { entries }] of set.epochs)
      if (epoch >= clock.epoch - BASE_STEP)
        for (const entry of entries.values()) for (const { envelope } of updatesOf(entry)) bytes += envelope.length
    return bytes
  }

  /** Updates of the live window and ahead of it, and a batch of old ones under way. */
  function decodable({ set, clock, manifest }: SwarmState): number {
    let count = 0
    for (const [epoch, { entries }] of set.epochs)
      if (epoch >= clock.epoch - manifest.aggregation.liveWindow - 1) count += 2 * entries.size
    return count + set.size
  }

  return {
    onBegin({ edges }) {
      for (const end of edges.flat()) links[end] = (links[end] ?? 0) + 1
    },
    onSecond(run) {
      for (const peer of run.peers) if (isUp(peer)) check(peer, run)
    },
    onEnd(run) {
      for (const peer of run.peers) {
        if (!isUp(peer)) continue
        check(peer, run)
        const { set } = peer.state!
        let bytes = 0
        for (const { entries } of set.epochs.values())
          for (const entry of entries.values()) for (const { envelope } of updatesOf(entry)) bytes += envelope.length
        if (bytes !== set.bytes) report('I10', peer.peer, `${bytes} bytes in the set, and it says ${set.bytes}`)
      }
    }
  }
}
