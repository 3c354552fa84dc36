/** A peer that nobody answers, in a process of its own: it looks for a minute, and prints what that took. */
import '#src/node/shim.js'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { swarmId } from '#src/core/protocol/manifest.js'
import { systemClock } from '#src/net/clock.js'
import type { Contact } from '#src/net/contacts.js'
import { generateIdentity, peerIdOfKey } from '#src/net/identity.js'
import { encodeKnownPeers } from '#src/net/known-peers.js'
import { DEFAULT_DEGREES } from '#src/net/policy.js'
import { planDiscovery } from '#src/node/discovery/plan.js'
import { createLocalPeer } from '#src/node/local-peer.js'
import { reachOf } from '#src/node/reach/plan.js'
import { memoryStore } from '#src/peer/memory-store.js'
import { createManifest } from '#src/train/manifest.js'
import type { AloneJob, AloneResult } from './lines.js'

/** Until everybody whom it knows was tried once, four a second. */
const WARM_UP_MS = { nothing: 15_000, addresses: 15_000, book: 75_000 }

const { kind, ms } = JSON.parse(process.argv[2]!) as AloneJob
const manifest = createManifest({
  task: { kind: 'digits' },
  name: 'alone',
  model: { kind: 'mlp', inputs: 64, hidden: [32], classes: 10 },
  seed: 1,
  epochs: null,
  expectedPeers: 16,
  density: 0.1
})

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A port where calls are taken and nothing is said, as behind a wall that swallows packets. */
async function silentPort(): Promise<number> {
  const server = createServer(socket => socket.resume().on('error', () => {}))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const stranger = async (): Promise<string> => (await generateIdentity()).identity.key
const at = async (port: number): Promise<string> => `/ip4/127.0.0.1/tcp/${port}/p2p/${peerIdOfKey(await stranger())}`

async function book(count: number): Promise<Uint8Array> {
  const contacts: Contact[] = []
  for (let i = 0; i < count; i++)
    contacts.push({
      key: await stranger(),
      addresses: [`/ip4/127.0.0.1/tcp/${await closedPort()}`],
      record: undefined,
      seenAt: 0,
      met: true,
      toldBy: undefined,
      failures: 0,
      failedAt: 0
    })
  return encodeKnownPeers(contacts, Date.now())
}

/** As `starlings node` listens. */
const listen = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws', '/ip4/0.0.0.0/udp/0/webrtc-direct']
const addresses =
  kind === 'nothing'
    ? []
    : [...(await Promise.all([1, 2, 3].map(async () => at(await closedPort())))), await at(await silentPort())]
const known = kind === 'book' ? await book(256) : undefined
const local = await createLocalPeer(
  {
    manifest,
    listen,
    degrees: DEFAULT_DEGREES,
    discovery:
      kind === 'nothing' ? [] : await planDiscovery({ swarmId: swarmId(manifest), listen, bootstrap: addresses }),
    home: {
      privateKey: (await generateIdentity()).privateKey,
      store: memoryStore(),
      readPeers: async () => known,
      writePeers: async () => {}
    }
  },
  reachOf({ listen, upnp: true }, undefined)
)
let toldMs: number | undefined
const began = systemClock.now()
local.onNobody(() => {
  toldMs = systemClock.now() - began
})
await local.peer.start()
local.introduce(addresses)
await wait(WARM_UP_MS[kind])
const cpu = process.cpuUsage()
const { sent } = local.bytes
const start = systemClock.now()
await wait(ms)
const { user, system } = process.cpuUsage(cpu)
const result: AloneResult = {
  cpuPercent: (user + system) / 10 / (systemClock.now() - start),
  bytes: local.bytes.sent - sent,
  toldSeconds: toldMs === undefined ? null : toldMs / 1000
}
console.log(JSON.stringify(result))
await local.stop()
process.exit()
