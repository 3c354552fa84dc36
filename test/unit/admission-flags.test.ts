import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { toHex } from '#src/core/bytes.js'
import { fitsKey } from '#src/core/protocol/admission.js'
import { peerIdOfKey } from '#src/net/identity.js'
import { decideAdmission } from '#src/node/swarm/admission.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'

describe('who takes part in a new swarm', () => {
  let folder: string
  let keys: readonly string[]
  let ids: readonly string[]
  before(async () => {
    folder = await makeTemporaryFolder()
    const pairs = await Promise.all(
      [1, 2, 3, 4].map(seed => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed)))
    )
    keys = pairs.map(({ publicKey }) => toHex(publicKey.raw)).sort()
    ids = keys.map(key => peerIdOfKey(key).toString())
  })
  after(() => removeFolder(folder))
  const list = (...members: readonly number[]) => ({ rule: 'list', members: members.map(i => keys[i]) })

  it('is everybody where no flag says otherwise', async () => {
    assert.deepEqual(await decideAdmission({}), { admission: { rule: 'open' } })
  })

  it('is who has a key, another one each time', async () => {
    const made = await Promise.all([decideAdmission({ private: true }), decideAdmission({ private: true })])
    for (const { admission, swarmKey } of made) assert.ok(fitsKey(admission, swarmKey))
    assert.notDeepEqual(made[0], made[1])
  })

  it('is who is on a list, of flags and files, each once, and the peer that makes it', async () => {
    const file = join(folder, 'friends.txt')
    await writeFile(file, `# friends\n${ids[2]}  # Ada\n\r\n${ids[1]}\n`)
    const { admission } = await decideAdmission({ allow: [`${ids[1]}, ${file}`] }, undefined, keys[0])
    assert.deepEqual(admission, list(0, 1, 2))
  })

  it('is who was, but for some, where a swarm goes on from another', async () => {
    const before = { admission: { rule: 'list' as const, members: keys.slice(0, 3) } }
    assert.deepEqual((await decideAdmission({}, before)).admission, list(0, 1, 2))
    assert.deepEqual((await decideAdmission({ without: [ids[1]!] }, before)).admission, list(0, 2))
    assert.deepEqual((await decideAdmission({ without: [ids[1]!], allow: [ids[3]!] }, before)).admission, list(0, 2, 3))
    const swarmKey = new Uint8Array(32)
    const secret = { admission: { rule: 'key' as const, check: 'c' }, swarmKey }
    assert.deepEqual(await decideAdmission({}, secret), secret)
    assert.notDeepEqual(await decideAdmission({ private: true }, secret), secret)
  })

  it('is refused with the reason where it cannot be', async () => {
    const file = join(folder, 'bad.txt')
    await writeFile(file, `${ids[0]}\n12D3KooNobody\n`)
    const cases: [Parameters<typeof decideAdmission>, RegExp][] = [
      [[{ without: [ids[0]!] }], /there is none: take --from/],
      [[{ allow: ['nobody'] }], /--allow: nobody is neither a peer id such as 12D3Koo… nor a file/],
      [[{ allow: [file] }], /bad\.txt:2: 12D3KooNobody is no peer id/],
      [[{ allow: [ids[0]!], without: [ids[0]!] }], /nobody is on the list/],
      [[{ allow: [ids[0]!], without: [ids[1]!] }, undefined, keys[1]], /the peer of --home itself/],
      [[{}, { admission: { rule: 'key', check: 'c' } }], /its key is not there/]
    ]
    for (const [args, says] of cases) await assert.rejects(decideAdmission(...args), says)
  })
})
