import assert from 'node:assert/strict'
import {
  createLocalPeer,
  createManifest,
  findSwarm,
  generateIdentity,
  inviteLink,
  type LocalPeer,
  makeInvite,
  peersOf,
  readInvite,
  swarmId
} from '#src/index.js'

describe('a program with the library', function () {
  this.timeout(120_000)
  const peers: LocalPeer[] = []
  after(() => Promise.all(peers.map(peer => peer.stop())))

  const listen = ['/ip4/127.0.0.1/tcp/0']

  it('makes an invite, with which another one finds the swarm and becomes a neighbour', async () => {
    const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2, epochs: 1 })
    const ada = await createLocalPeer({ manifest, listen })
    peers.push(ada)
    await ada.peer.start()
    const link = inviteLink(
      makeInvite({ swarmId: swarmId(manifest), peers: [{ key: ada.key, addresses: ada.addresses() }] })
    )

    const invite = readInvite(link)
    const { privateKey } = await generateIdentity()
    const { signal } = new AbortController()
    const found = await findSwarm({ invite, privateKey, plan: { listen }, say: () => undefined, signal })
    assert.equal(swarmId(found.manifest), swarmId(manifest))

    const bob = await createLocalPeer({ manifest: found.manifest, listen })
    peers.push(bob)
    const met = new Promise<string>(resolve =>
      bob.peer.on('neighbour', ({ peer, connected }) => connected && resolve(peer))
    )
    await bob.peer.start()
    bob.introduce(peersOf(invite).flatMap(({ addresses }) => addresses))
    assert.equal(await met, ada.key)
  })
})
