/** A peer of the kill -9 run: what `starlings node --home` runs, with synthetic training so that it starts fast. */
import '#src/node/shim.js'
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { parseManifest } from '#src/core/protocol/manifest.js'
import type { SwarmState } from '#src/core/protocol/state.js'
import { systemClock } from '#src/net/clock.js'
import { createLocalPeer } from '#src/node/local-peer.js'
import { Home } from '#src/node/store/home.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import type { PeerInput, PeerLine, Standing } from './lines.js'

function tell(line: PeerLine): void {
  // Node.js writes to pipes at once, so what was told outlives a kill.
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const input = JSON.parse(process.argv[2] ?? '') as PeerInput
const manifest = parseManifest(JSON.parse(readFileSync(input.manifest, 'utf8')))
const home = input.home === undefined ? undefined : await Home.open(input.home, { manifest })
for (const message of home?.warnings ?? []) tell({ type: 'warning', message })

let state: Readonly<SwarmState> | undefined
let discardedBefore = 0
function standing(): Standing {
  const { own, clock, set } = state!
  const residual = crc32(new Uint8Array(own.residual.buffer, own.residual.byteOffset, own.residual.byteLength))
  return { epoch: clock.epoch, signedEpoch: own.signedEpoch, residual, updates: set.size }
}

const local = await createLocalPeer({
  manifest,
  listen: [input.listen],
  home,
  resumed: home?.resumed ?? false,
  pulseMs: 100,
  evaluationShare: 0,
  trainer: Promise.resolve(
    createSyntheticTrainer({
      tensors: manifest.params.tensors,
      seed: 1,
      peer: input.number,
      clock: systemClock,
      stepMs: 5
    })
  ),
  watch: {
    began(begun) {
      state = begun
      discardedBefore = begun.counters.discardedSteps
    },
    stepped(step) {
      const dropped = (state!.counters.discardedSteps - discardedBefore) / manifest.training.localSteps
      if (step.type === 'trained') tell({ type: 'trained', dropped })
      else if (step.type === 'sealed') tell({ type: 'signed', dropped, ...standing() })
    }
  }
})
local.peer.on('epoch', ({ epoch }) => tell({ type: 'epoch', epoch }))
local.peer.on('warning', ({ message }) => tell({ type: 'warning', message }))
const before = standing()
await local.peer.start()
local.dial(input.dial)
tell({ type: 'ready', key: local.key, addresses: local.addresses(), state: home?.state ?? null, ...before })
// It ends with its parent.
process.stdin.on('end', () => process.exit()).resume()
