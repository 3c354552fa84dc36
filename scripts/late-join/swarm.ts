/** The peers that train, all in one process of their own: tells its parent where they listen and what their bases are. */
import '#src/node/shim.js'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { toHex } from '#src/core/bytes.js'
import { parseManifest } from '#src/core/protocol/manifest.js'
import type { SwarmState } from '#src/core/protocol/state.js'
import { systemClock } from '#src/net/clock.js'
import { createLocalPeer, type LocalPeer } from '#src/node/local-peer.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import type { SwarmLine } from './lines.js'

const { manifest: json, peers } = JSON.parse(process.argv[2]!) as { readonly manifest: unknown; readonly peers: number }
const manifest = parseManifest(json)
const tell = (line: SwarmLine) => process.connected && process.send?.(line, () => {})
const delay = monitorEventLoopDelay({ resolution: 5 })

const locals: LocalPeer[] = []
const states: SwarmState[] = []
for (let peer = 0; peer < peers; peer++) {
  const { tensors } = manifest.params
  locals.push(
    await createLocalPeer({
      manifest,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      trainer: createSyntheticTrainer({ tensors, seed: 1, peer, clock: systemClock }),
      watch: { began: state => void states.push(state), stepped: () => {} }
    })
  )
}
for (const [i, local] of locals.entries()) {
  await local.peer.start()
  local.dial(locals.slice(0, i).flatMap(other => other.addresses()))
  local.peer.on('warning', ({ message }) => console.error(message))
}
tell({ type: 'listening', addresses: locals.flatMap(local => local.addresses()) })
setInterval(() => {
  const snapshots = states.flatMap(state => state.snapshots.map(({ epoch, hash }) => `${epoch} ${toHex(hash)}`))
  const bytes = states[0]?.snapshots[0]?.bytes.length ?? 0
  const epoch = Math.min(...states.map(({ clock }) => clock.epoch))
  tell({ type: 'standing', epoch, snapshots, bytes, longestMs: delay.max / 1e6 })
}, 100)
process.on('message', () => {
  delay.enable()
  delay.reset()
})
process.on('disconnect', () => process.exit(0))
