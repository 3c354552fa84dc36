import { createLocalPeer, createManifest, parsePartition, startTrainerWorker } from 'starlings'

// Everything the peers must agree on. Send it to friends as JSON; they read it back with parseManifest.
const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2, epochs: 20 })

const worker = startTrainerWorker() // one thread trains for every peer of this process
const partition = parsePartition('dirichlet:0.1')
const [ada, bob] = await Promise.all(
  [0, 1].map(index =>
    createLocalPeer({
      manifest,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      trainer: worker.open({ manifest, shard: { partition, seed: 1, index, count: 2 } })
    })
  )
)
if (!ada || !bob) throw new Error('two peers were asked for')

ada.peer.on('epoch', ({ epoch, accuracy }) => console.log(`epoch ${epoch}: accuracy ${accuracy}`))
const settled = [ada, bob].map(({ peer }) => new Promise(resolve => peer.on('settled', resolve)))
await Promise.all([ada.peer.start(), bob.peer.start()])
bob.dial(ada.addresses())
await Promise.all(settled)

console.log(ada.peer.stateDigest() === bob.peer.stateDigest() ? 'the same model, bit by bit' : 'two models')
await Promise.all([ada.stop(), bob.stop()])
await worker.stop()
