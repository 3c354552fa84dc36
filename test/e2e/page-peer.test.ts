import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Look, PeerCalls, PeerEvent } from '#src/browser/engine/peer/calls.js'
import { servePeer } from '#src/browser/engine/peer/host.js'
import { lendNetwork } from '#src/browser/engine/peer/near-network.js'
import { deleteIdbStore } from '#src/browser/engine/storage/idb-store.js'
import { swarmId } from '#src/core/protocol/manifest.js'
import type { Network } from '#src/member/network.js'
import { parsePeerAddress } from '#src/net/address.js'
import { systemClock } from '#src/net/clock.js'
import { generateIdentity } from '#src/net/identity.js'
import { loadData } from '#src/node/data/index.js'
import { createNodeNetwork } from '#src/node/libp2p/network.js'
import { createLocalPeer, type LocalPeer } from '#src/node/local-peer.js'
import { loadEngine } from '#src/node/trainer/engine.js'
import { startTrainerWorker, type TrainerWorker } from '#src/node/trainer/index.js'
import { createLink, type Link } from '#src/threads/link.js'
import type { Port } from '#src/threads/port.js'
import { createManifest } from '#src/train/manifest.js'
import { type TrainerCalls, trainerErrors } from '#src/train/remote/calls.js'
import { createTrainerThread } from '#src/train/remote/thread.js'

const EPOCHS = 8
const STORE = 'a page'

/** The same code as in a page, its threads being one here: what is between them is messages all the same. */
describe('a peer whose connections are another thread’s', function () {
  this.timeout(120_000)
  const manifest = createManifest({ task: { kind: 'digits' }, seed: 5, expectedPeers: 2, epochs: EPOCHS })
  let privateKey: Awaited<ReturnType<typeof generateIdentity>>['privateKey']
  let worker: TrainerWorker
  let plain: LocalPeer
  const ports: MessagePort[] = []
  const networks: Network[] = []

  before(async () => {
    privateKey = (await generateIdentity()).privateKey
    worker = startTrainerWorker()
    plain = await createLocalPeer({
      manifest,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      trainer: worker.open({ manifest, seed: 1 })
    })
  })
  after(async () => {
    await plain.stop()
    await worker.stop()
    for (const network of networks) await network.stop()
    for (const port of ports) port.close()
    await deleteIdbStore(STORE)
  })

  function channel(): readonly [Port, Port] {
    const { port1, port2 } = new MessageChannel()
    ports.push(port1, port2)
    const portOf = (end: MessagePort): Port => ({
      post: (message, moved) => end.postMessage(message, moved),
      hear: listener => end.on('message', listener)
    })
    return [portOf(port1), portOf(port2)]
  }

  async function visit(events: PeerEvent[], heard: (event: PeerEvent) => void): Promise<Link<PeerCalls>> {
    const network = await createNodeNetwork({ privateKey, swarmId: swarmId(manifest), clock: systemClock, listen: [] })
    networks.push(network)
    const thread = createTrainerThread<string>({
      loadEngine,
      loadData: (task, { seed }) => loadData(task, { seed }),
      keyOf: path => path,
      breathe: () => new Promise<void>(resolve => setImmediate(resolve))
    })
    const [near, far] = channel()
    const [between, trainers] = channel()
    const [own, others] = channel()
    thread.serve(trainers)
    thread.serve(others)
    const opening = createLink<Record<never, never>, TrainerCalls>({ port: own, errors: trainerErrors })
    servePeer(far, between)
    const peer = lendNetwork(near, network, event => {
      events.push(event)
      heard(event)
    })
    const config = { manifest, seed: 2 }
    await peer.call('open', {
      manifest,
      store: STORE,
      privateKey: privateKeyToProtobuf(privateKey),
      resumed: false,
      trainer: await opening.call('open', config),
      alone: { opened: await opening.call('open', config) }
    })
    await peer.call('start', null)
    network.neighbourhood.dial(plain.addresses().map(parsePeerAddress))
    return peer
  }

  it('trains with others to the same model, and beside it alone', async () => {
    const events: PeerEvent[] = []
    let heard = (_: PeerEvent): void => undefined
    const agreed = new Promise<Look>((resolve, reject) => {
      heard = event => {
        if (event.type !== 'settled') return
        void peer.then(link => link.call('look', null)).then(resolve, reject)
      }
    })
    const peer = visit(events, event => heard(event))
    const link = await peer
    await plain.peer.start()
    const look = await agreed
    assert.equal(look.status.trained, true)
    assert.equal(look.status.setDigest, plain.peer.status().setDigest)
    assert.equal(look.status.storing, 'saved')
    assert.equal(look.status.liveAuthors, 2)
    assert.ok(events.some(({ type }) => type === 'epoch'))
    const alone = await link.call('alone', null)
    assert.equal(alone?.params.length, 4810)
    const measured = events.flatMap(event => (event.type === 'alone' ? [event.point] : []))
    assert.ok(measured.length > 0)
    assert.ok(measured.every(({ epoch, accuracy }) => Number.isInteger(epoch) && accuracy >= 0 && accuracy <= 1))

    await link.call('rest', ['battery', 'asked'])
    assert.deepEqual((await link.call('look', null)).status.resting, ['battery', 'asked'])
    await link.call('rest', [])
    assert.deepEqual((await link.call('look', null)).status.resting, [])
    await link.call('stop', null)
  })

  it('stands where it stood when the page is opened again', async () => {
    const events: PeerEvent[] = []
    const link = await visit(events, () => {})
    const { status } = await link.call('look', null)
    assert.equal(status.trained, true)
    assert.equal(status.setDigest, plain.peer.status().setDigest)
    assert.equal(status.lostResidual, 0)
    assert.deepEqual(
      events.filter(({ type }) => type === 'warning'),
      []
    )
    await link.call('stop', null)
  })
})
