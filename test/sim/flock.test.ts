import assert from 'node:assert/strict'
import { GOOD_LINK } from '#src/sim/network.js'
import { testFlock, testManifest } from '../support/flock.js'

describe('a simulated flock', () => {
  it('trains to the end and ends with one model', async () => {
    const flock = await testFlock(16, { manifest: testManifest(), seed: 1 })
    for (const peer of flock.peers) await peer.start()
    const settled = new Set<number>()
    flock.peers.forEach((peer, i) => {
      peer.on('settled', () => settled.add(i))
      peer.on('warning', ({ message }) => assert.fail(message))
    })
    assert.ok(await flock.until(() => settled.size === 16, 120_000), `${settled.size} settled`)
    assert.equal(new Set(flock.peers.map(peer => peer.stateDigest())).size, 1)
    for (const peer of flock.peers) assert.equal(peer.status().updates, 16 * 20)
    await flock.stop()
  })

  it('loses 30 % of all messages and still ends equal', async () => {
    const flock = await testFlock(16, { manifest: testManifest(), seed: 2, rules: { ...GOOD_LINK, loss: 0.3 } })
    for (const peer of flock.peers) await peer.start()
    const same = () => {
      const status = flock.peers.map(peer => peer.status())
      return status.every(({ trained }) => trained) && new Set(status.map(({ setDigest }) => setDigest)).size === 1
    }
    assert.ok(await flock.until(same, 300_000))
    assert.equal(new Set(flock.peers.map(peer => peer.stateDigest())).size, 1)
    await flock.stop()
  })
})
