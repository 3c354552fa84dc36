/** A peer that trains, in a process of its own. It tells where it listens, and where it stands. */
import '#src/node/shim.js'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { toHex } from '#src/core/bytes.js'
import { parseManifest } from '#src/core/protocol/manifest.js'
import type { SwarmState } from '#src/core/protocol/state.js'
import { systemClock } from '#src/net/clock.js'
import { createLocalPeer } from '#src/node/local-peer.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import type { FromPeer, ToPeer } from './lines.js'

const { manifest: json, peer } = JSON.parse(process.argv[2]!) as { readonly manifest: unknown; readonly peer: number }
const manifest = parseManifest(json)
const { tensors } = manifest.params
const tell = (line: FromPeer) => process.connected && process.send?.(line, () => {})
const delay = monitorEventLoopDelay({ resolution: 5 })

let state: SwarmState | undefined
const local = await createLocalPeer({
  manifest,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  evaluationShare: 0,
  trainer: createSyntheticTrainer({ tensors, seed: 1, peer, clock: systemClock }),
  watch: {
    began: begun => {
      state = begun
    },
    stepped: () => {}
  }
})
local.peer.on('warning', ({ message }) => console.error(message))
process.on('message', (line: ToPeer) => {
  if (line.type === 'dial') local.dial(line.addresses)
  else {
    delay.enable()
    delay.reset()
  }
})
process.on('disconnect', () => process.exit(0))
await local.peer.start()
tell({ type: 'listening', addresses: local.addresses() })
setInterval(() => {
  if (state === undefined) return
  const { clock, snapshots } = state
  tell({
    type: 'standing',
    epoch: clock.epoch,
    snapshots: snapshots.map(({ epoch, hash }) => `${epoch} ${toHex(hash)}`),
    bytes: snapshots[0]?.bytes.length ?? 0,
    blockedMs: delay.max / 1e6
  })
}, 200)
