import assert from 'node:assert/strict'
import type { Manifest } from '#src/core/protocol/manifest.js'
import { swarmId } from '#src/core/protocol/manifest.js'
import { createState } from '#src/core/protocol/state.js'
import { envelopeDomain } from '#src/core/wire/envelope.js'
import type { Identity } from '#src/interface.js'
import { createIncoming } from '#src/peer/incoming.js'
import { signedClaim, signedPulse, signedUpdate } from '#src/sim/hostile/sign.js'
import { testIdentities, testManifest } from '../../support/flock.js'

describe('what reaches a peer of a swarm with a list', () => {
  let members: readonly Identity[]
  let outsider: Identity
  let manifest: Manifest

  before(async () => {
    const [a, b, c] = (await testIdentities(3, 91)) as [Identity, Identity, Identity]
    members = [a, b]
    outsider = c
    manifest = testManifest({ admission: { rule: 'list', members: [a.key, b.key].sort() } })
  })

  function incoming(of = manifest) {
    const self = members[0]!
    const options = { self: self.key, mode: 'sync', pulseMs: 100, samples: 10, now: 0 } as const
    return createIncoming(createState(of, options), self, envelopeDomain(swarmId(of)))
  }

  /** A pulse of the other member that passes on a claim of `of`. */
  async function passingOn(of: Identity, swarm = manifest): Promise<Uint8Array> {
    const claim = await signedClaim(of, swarm, { epoch: 500, counter: 1, leaving: false, observer: false })
    return signedPulse(members[1]!, swarm, { epoch: 3, counter: 1, relayed: [claim] })
  }

  it('makes no pulse valid that passes on a stranger’s claim: the clock counts signers, and strangers cost nothing', async () => {
    const from = members[1]!.key
    assert.equal(await incoming().checkPulse(await passingOn(outsider), from), undefined)
    const own = await signedPulse(outsider, manifest, { epoch: 3, counter: 1 })
    assert.equal(await incoming().checkPulse(own, outsider.key), undefined)
    const checked = await incoming().checkPulse(await passingOn(members[0]!), from)
    assert.ok(checked?.claims.some(({ signer }) => signer === from))
    // Where there is no list, anybody's claim counts.
    const open = testManifest()
    const heard = await incoming(open).checkPulse(await passingOn(outsider, open), from)
    assert.equal(heard?.claims.length, 2)
  })

  it('is an update of a member, whoever hands it over', async () => {
    const update = (identity: Identity) => signedUpdate(identity, manifest, { epoch: 0, levels: { 1: 1 } })
    for (const via of ['gossip', 'repair'] as const) {
      const strange = await incoming().check(await update(outsider), via)
      assert.deepEqual(strange, { kind: 'reject', reason: 'not-a-member' })
      assert.ok('update' in (await incoming().check(await update(members[1]!), via)))
    }
  })
})
