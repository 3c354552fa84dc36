import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { toHex } from '#src/core/bytes.js'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { inviteLink, readInvite } from '#src/core/wire/invite-text.js'
import { makeInvite, peersOf } from '#src/net/invite.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'
import { type Ended, killAll, type Running, records, run, start, startIn, summaryOf } from './starlings.js'

const LOOPBACK = ['--listen', '/ip4/127.0.0.1/tcp/0'] as const
const SHORT = ['--expected-peers', '2', '--pace', '0.02', ...LOOPBACK] as const
/** Until the test has seen that nobody needs it any more. */
const HELPFUL = ['--linger', '600'] as const

describe('starlings join', function () {
  this.timeout(300_000)
  let folder: string
  before(async () => {
    folder = await makeTemporaryFolder()
  })
  after(async () => {
    await killAll()
    await removeFolder(folder)
  })
  const at = (...names: readonly string[]) => join(folder, ...names)

  async function create(home: string, ...flags: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run('swarm', 'create', 'digits', '--home', at(home), ...SHORT, ...flags)
    assert.equal(code, 0, stderr)
    return stdout.trim()
  }

  async function nodeOf(home: string, ...flags: readonly string[]): Promise<Running> {
    const node = start('node', '--home', at(home), '--json', ...flags)
    await node.line(line => line === 'friends take part with')
    return node
  }

  const joined = (node: Running) => node.line(line => / joined \(1 neighbour/.test(line))

  /** Ctrl-C once both have the model. */
  async function endsOf(first: Running, second: Running): Promise<readonly [Ended, Ended]> {
    const both = [first, second] as const
    await Promise.all(both.map(node => node.line(line => line.startsWith('helping others to the same model'))))
    for (const { pid } of both) process.kill(pid, 'SIGINT')
    return Promise.all([first.ended, second.ended])
  }

  /** Of a swarm that started from a model: both ended with the same one, and had not begun at nothing. */
  function goOnTogether(ends: readonly [Ended, Ended]) {
    for (const end of ends) assert.equal(end.code, 0, end.stderr)
    assert.match(ends[1].stderr, /^fetching the model that the swarm started from$/m)
    const summaries = ends.map(end => summaryOf(records(end.stdout)))
    assert.equal(summaries[0]?.digest, summaries[1]?.digest)
    // Two epochs from nothing reach half of that.
    for (const { accuracy } of summaries) assert.ok(accuracy.mean > 0.85, `accuracy ${accuracy.mean}`)
    return summaries
  }

  describe('a private swarm', () => {
    let link: string
    let first: Running
    before(async () => {
      link = await create('a', '--private', '--forever')
      first = await nodeOf('a')
    })

    it('with another key is refused, and told so on both sides', async () => {
      const wrong = inviteLink({ ...readInvite(link), key: new Uint8Array(32) })
      // By a pipe, as one should with a key.
      const pipe = { prefix: ['sh', '-c', `echo '${wrong}' | "$0" "$@"`] }
      const { code, stderr } = await startIn(pipe, 'join', '-', '--yes', '--home', at('b'), ...LOOPBACK).ended
      assert.equal(code, 1)
      assert.match(
        stderr,
        /nobody whom the invite leads to lets this peer in:\n {2}12D3\w+ has another key of this swarm/
      )
      await first.line(line => /12D3\w+ has another key of this swarm/.test(line))
      // There is nothing of a swarm in the folder: a whole invite finds it as good as new.
      assert.deepEqual((await readdir(at('b'))).sort(), ['identity.key', 'lock', 'unused'])
    })

    it('keeps its key out of the log of a node', async () => {
      await first.line(line => /which holds the key of the swarm: .*starlings invite --home /.test(line))
      const { stdout, stderr } = first.output()
      const key = Buffer.from(readInvite(link).key ?? []).toString('base64url')
      assert.equal(key.length, 43)
      for (const text of [stdout, stderr]) {
        assert.doesNotMatch(text, /starlings:\w/)
        assert(!text.includes(key))
      }
    })

    it('keeps its key out of what other users see of the process', async function () {
      if (process.platform !== 'linux') this.skip()
      const { swarm, key } = readInvite(link)
      const nobody = inviteLink({ swarm, key, staleDay: 0, peers: [] })
      const node = start('join', nobody, '--yes', '--home', at('h'), ...LOOPBACK)
      await node.line(line => line.startsWith('looking for the swarm'))
      const seen = await readFile(`/proc/${node.pid}/cmdline`, 'utf8')
      node.process.kill('SIGKILL')
      await node.ended
      assert.match(seen, /^starlings join\0/)
      assert(!seen.includes(nobody.slice(-40)))
    })

    it('finds the one peer that lives behind seven that are dead, and asks nobody where nobody can be asked', async () => {
      const invite = readInvite(link)
      const [live] = peersOf(invite)
      assert.ok(live)
      const dead = await Promise.all(
        Array.from({ length: 7 }, async (_, i) => {
          const { publicKey } = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(i + 1))
          // Nobody listens on the discard port.
          return { key: toHex(publicKey.raw), addresses: ['/ip4/127.0.0.1/tcp/9'] }
        })
      )
      const swarmId = swarmIdOf(invite.swarm)
      const many = makeInvite({ swarmId, key: invite.key ?? undefined, peers: [...dead, live] })
      assert.equal(many.peers.length, 8)
      const { code, stderr } = await run('join', inviteLink(many), '--home', at('b'), ...LOOPBACK)
      assert.equal(code, 2)
      assert.doesNotMatch(stderr, /nobody in the invite answers/)
      // What there is to know is told before.
      for (const told of [
        /^trains {3}a model that reads handwritten digits/m,
        /^with {5}\d+ peers? now; private: only who has an invite/m,
        /^others see .* how many samples you have/m
      ])
        assert.match(stderr, told)
      assert.match(stderr, /nobody can be asked here: --yes takes part with the data of --data/)
    })

    it('keeps the key; and a running node invites with the neighbours that it dialled', async () => {
      const second = start('join', link, '--yes', '--home', at('b'), ...LOOPBACK)
      await joined(second)
      assert.equal((await stat(at('b', 'swarm.key'))).mode & 0o777, 0o600)
      assert.equal(await readFile(at('b', 'swarm.key'), 'utf8'), await readFile(at('a', 'swarm.key'), 'utf8'))
      const fresh = await run('invite', '--home', at('b'))
      assert.equal(fresh.code, 0, fresh.stderr)
      assert.match(fresh.stderr, /^the invite names 2 peers/m)
      const keys = peersOf(readInvite(fresh.stdout)).map(({ key }) => key)
      assert.equal(keys[1], peersOf(readInvite(link))[0]?.key)
      process.kill(second.pid, 'SIGINT')
      await second.ended
    })

    it('goes on in a folder that takes part already, and in no other', async () => {
      // Whoever writes flags first means the link by what follows, and no number of megabytes or of a port.
      const again = start('join', '--relay', link, '--home', at('b'))
      await again.line(line => /takes part in this swarm already/.test(line))
      await joined(again)
      const other = inviteLink({ ...readInvite(link), swarm: new Uint8Array(32) })
      const wrong = await run('join', other, '--home', at('b'))
      assert.equal(wrong.code, 1)
      assert.match(wrong.stderr, /belongs to the swarm bafy\w+, and the invite is to another one; take another folder/)
      process.kill(again.pid, 'SIGINT')
      await again.ended
      const { settings } = JSON.parse(await readFile(at('b', 'home.json'), 'utf8'))
      assert.equal(settings.relay, true)
    })
  })

  it('makes a second peer from a link alone; both train, and end with equal models', async () => {
    const link = await create('c', '--epochs', '6')
    const common = ['--yes', ...HELPFUL, '--json', ...LOOPBACK] as const
    const second = start('join', link, '--home', at('d'), '--shard', '2/2', ...common)
    // Nobody is there yet: whom it tried is said, and it keeps trying.
    await second.line(line => /^nobody in the invite answers yet; tried:$/.test(line))
    await second.line(line => /^ {4}\/ip4\/127\.0\.0\.1\/tcp\/\d+$/.test(line))
    const first = await nodeOf('c', '--shard', '1/2', ...HELPFUL)
    const ends = await endsOf(first, second)
    for (const { code, stderr } of ends) assert.equal(code, 0, stderr)
    const summaries = ends.map(({ stdout }) => summaryOf(records(stdout)))
    assert.equal(summaries[0]?.epochs, 6)
    assert.equal(summaries[0]?.digest, summaries[1]?.digest)
    assert.ok(summaries.every(({ digestsEqual, payloadBytesReceivedPerPeer: got }) => digestsEqual && got.mean > 0))
  })

  it('takes part in a swarm of a list under the id that is on it, which goes on from a trained model', async () => {
    const id = (await run('id', '--home', at('f'))).stdout.trim()
    const args = ['--from', at('c'), '--home', at('e'), '--allow', id, '--epochs', '2', ...LOOPBACK]
    const { code, stdout, stderr } = await run('swarm', 'create', 'digits', ...args)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^it goes on from the model of .* at epoch 6$/m)
    const first = await nodeOf('e', '--shard', '1/2', ...HELPFUL)
    const stranger = await run('join', stdout, '--yes', '--home', at('g'))
    assert.equal(stranger.code, 1)
    assert.match(stranger.stderr, /refuses this peer, which is not on the list/)
    const flags = ['--yes', '--home', at('f'), '--shard', '2/2', ...HELPFUL, '--json', ...LOOPBACK]
    const friend = start('join', stdout, ...flags)
    const ends = await endsOf(first, friend)
    goOnTogether(ends)
  })

  it('leaves a peer out of the swarm that comes after, to which the others come as who they were', async () => {
    const ids = await Promise.all(['f', 'g'].map(async home => (await run('id', '--home', at(home))).stdout.trim()))
    const [left = '', stays = ''] = ids
    const homes = ['--from', at('e'), '--home', at('i')]
    const flags = ['--without', left, '--allow', stays, '--epochs', '4', ...LOOPBACK]
    const { code, stdout, stderr } = await run('swarm', 'create', 'digits', ...homes, ...flags)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^for 2 peers on its list$/m)
    assert.equal(await readFile(at('i', 'identity.key'), 'utf8'), await readFile(at('e', 'identity.key'), 'utf8'))
    const first = await nodeOf('i', '--shard', '1/2', ...HELPFUL)

    const refused = await run('join', '--like', at('f'), stdout, '--yes', '--home', at('j'))
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /refuses this peer, which is not on the list/)
    assert.ok(refused.stderr.includes(`this peer's id is ${left}`), refused.stderr)
    await first.line(
      line => line.includes(left) && line.includes("is not on the list of this swarm's members and was refused")
    )

    const another = await run('join', stdout, '--yes', '--home', at('f'), '--like', at('g'))
    assert.equal(another.code, 1)
    assert.match(another.stderr, /has a peer of its own, which is not that of .*; take a new folder/)
    const like = ['--yes', '--home', at('k'), '--like', at('g'), '--shard', '2/2', ...HELPFUL, '--json', ...LOOPBACK]
    const friend = start('join', stdout, ...like)
    const ends = await endsOf(first, friend)
    for (const summary of goOnTogether(ends)) assert.ok(summary.payloadBytesReceivedPerPeer.mean > 0)
    assert.equal((await run('id', '--home', at('k'))).stdout.trim(), stays)
  })
})
