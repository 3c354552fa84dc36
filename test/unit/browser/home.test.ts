import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import { readInvitation, rememberInvitation } from '#src/browser/engine/invitation.js'
import { type BrowserHome, openBrowserHome } from '#src/browser/engine/storage/home.js'
import { openIdbStore } from '#src/browser/engine/storage/idb-store.js'
import { keyCheck } from '#src/core/protocol/admission.js'
import { parseManifest, swarmId } from '#src/core/protocol/manifest.js'
import { inviteLink } from '#src/core/wire/invite-text.js'
import { generateIdentity } from '#src/net/identity.js'
import { makeInvite } from '#src/net/invite.js'
import { createManifest } from '#src/train/manifest.js'

describe('what a browser keeps between visits', () => {
  const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2 })
  const swarm = swarmId(manifest)
  let homes = 0
  let home: BrowserHome
  let name: string
  beforeEach(async () => {
    name = `home ${homes++}`
    home = await openBrowserHome(name)
  })
  afterEach(() => home.close())

  it('is who it is', async () => {
    home.close()
    const again = await openBrowserHome(name)
    assert.ok(again.privateKey.equals(home.privateKey))
    again.close()
  })

  it('is the swarms it knows, each by itself', async () => {
    assert.deepEqual(await home.swarms(), [])
    await home.put(swarm, 'manifest', manifest)
    await home.put('other', 'paused', true)
    assert.deepEqual([...(await home.swarms())].sort(), [swarm, 'other'].sort())
    assert.equal(await home.get('other', 'paused'), true)
    assert.equal(await home.get(swarm, 'paused'), undefined)
    assert.deepEqual(await home.manifest(swarm), manifest)
  })

  it('is no manifest of another swarm, and none that is broken', async () => {
    await home.put('other', 'manifest', manifest)
    assert.equal(await home.manifest('other'), undefined)
    await home.put(swarm, 'manifest', { ...manifest, seed: -1 })
    assert.equal(await home.manifest(swarm), undefined)
  })

  it('is nothing of a swarm that was left, but that it was', async () => {
    await home.setCurrent(swarm)
    await home.put(swarm, 'paused', true)
    const store = await openIdbStore(home.storeOf(swarm))
    await store.write([{ key: 'a', value: Uint8Array.of(1) }], { durable: true })
    await store.close()
    await home.forget(swarm)
    assert.equal(await home.current(), undefined)
    assert.equal(await home.get(swarm, 'paused'), undefined)
    assert.equal(await home.get(swarm, 'left'), true)
    const fresh = await openIdbStore(home.storeOf(swarm))
    for await (const [key] of fresh.read('')) assert.fail(key)
    await fresh.close()
  })

  describe('of an invite', () => {
    async function link(swarmId: string, port: number, key?: Uint8Array): Promise<string> {
      const { identity } = await generateIdentity()
      const peers = [{ key: identity.key, addresses: [`/ip4/192.0.2.1/tcp/${port}/ws`] }]
      return inviteLink(makeInvite({ swarmId, peers, ...(key && { key }) }), 'https://example.org/')
    }

    it('is whom it names, the newest first', async () => {
      for (const port of [1001, 1002]) await rememberInvitation(home, readInvitation(await link(swarm, port)))
      const addresses = (await home.get(swarm, 'addresses')) ?? []
      assert.deepEqual(
        addresses.map(address => address.split('/')[4]),
        ['1002', '1001']
      )
    })

    it('is its key, unless that is known to be another swarm’s', async () => {
      const [right, wrong] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
      const secret = parseManifest({ ...manifest, admission: { rule: 'key', check: keyCheck(right) } })
      const id = swarmId(secret)
      await rememberInvitation(home, readInvitation(await link(id, 1, right)))
      await home.put(id, 'manifest', secret)
      await assert.rejects(rememberInvitation(home, readInvitation(await link(id, 2, wrong))), {
        name: 'SessionError',
        fault: 'bad-invite'
      })
      assert.deepEqual(await home.get(id, 'key'), right)
      assert.equal((await home.get(id, 'addresses'))?.length, 1)
    })

    it('is nothing when it was damaged', async () => {
      const text = await link(swarm, 1)
      assert.throws(() => readInvitation(text.slice(0, -9)), { name: 'SessionError', fault: 'bad-invite' })
    })
  })
})
