import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fitsKey } from '#src/core/protocol/admission.js'
import { parseManifest, swarmId } from '#src/core/protocol/manifest.js'
import { shortId } from '#src/core/protocol/short-id.js'
import { swarmDigest } from '#src/core/protocol/swarm-id.js'
import { readInvite } from '#src/core/wire/invite-text.js'
import { peersOf } from '#src/net/invite.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'
import { killAll, run, start } from './starlings.js'

const LOOPBACK = ['--listen', '/ip4/127.0.0.1/tcp/0'] as const
const PAGE = 'https://flock.example/play/'

describe('an invite', function () {
  this.timeout(120_000)
  let folder: string
  beforeEach(async () => {
    folder = await makeTemporaryFolder()
  })
  afterEach(async () => {
    await killAll()
    await removeFolder(folder)
  })
  const at = (...names: readonly string[]) => join(folder, ...names)
  const manifestOf = async (home: string) =>
    parseManifest(JSON.parse(await readFile(at(home, 'manifest.json'), 'utf8')))

  it('of a new private swarm leads to the peer that was made ready for it, and holds its key', async () => {
    const args = ['swarm', 'create', 'digits', '--private', '--home', at('a'), '--page', PAGE, ...LOOPBACK]
    const { code, stdout, stderr } = await run(...args)
    assert.equal(code, 0, stderr)
    assert.ok(stdout.startsWith(`${PAGE}#`), 'the link is alone on stdout')
    const invite = readInvite(stdout)
    const manifest = await manifestOf('a')
    assert.deepEqual(invite.swarm, swarmDigest(swarmId(manifest)))
    assert.ok(fitsKey(manifest.admission, invite.key ?? undefined))
    assert.match(stderr, new RegExp(`^the swarm's words: ${shortId(invite.swarm).join(' ')} `, 'm'))
    assert.equal((await stat(at('a', 'swarm.key'))).mode & 0o777, 0o600)
    assert.equal(
      await readFile(at('a', 'swarm.key'), 'utf8'),
      `${Buffer.from(invite.key ?? []).toString('base64url')}\n`
    )

    // The ports were free a moment ago, and are the home's from now on; so is the page.
    const again = await run('invite', '--home', at('a'), '--json')
    assert.equal(again.code, 0, again.stderr)
    const { link, words, isSecret } = JSON.parse(again.stdout)
    assert.deepEqual([readInvite(link), words, isSecret], [invite, shortId(invite.swarm), true])
    assert.ok(link.startsWith(`${PAGE}#`))

    const node = start('node', '--home', at('a'))
    const [address] = peersOf(invite)[0]?.addresses ?? []
    await node.line(line => line.trim() === address)
    // It never ran, so it has nothing to go on from.
    await node.line(line => line.startsWith('a new peer, kept in '))
    // What it prints may be a log: it tells how to ask for the invite, and no more.
    await node.line(
      line => line.includes('which holds the key of the swarm: ') && line.endsWith(`invite --home ${at('a')}`)
    )
    const running = await run('invite', '--home', at('a'))
    assert.equal(running.code, 0, running.stderr)
    assert.ok(running.stdout.startsWith(`${PAGE}#`))
    const { swarm, key } = readInvite(running.stdout)
    assert.deepEqual([swarm, key], [invite.swarm, invite.key])
    process.kill(node.pid, 'SIGINT')
    await node.ended
    const resumed = start('node', '--home', at('a'))
    await resumed.line(line => line.startsWith('resumed at epoch 0 '))
  })

  it('of a swarm for a list of peers: each tells their id first, and the one that makes it is on the list', async () => {
    const id = await run('id', '--home', at('b'))
    assert.equal(id.code, 0, id.stderr)
    assert.match(id.stdout, /^12D3Koo\w+\n$/)
    assert.equal((await run('id', '--home', at('b'))).stdout, id.stdout)
    const made = await run('swarm', 'create', 'digits', '--home', at('a'), '--allow', id.stdout.trim(), ...LOOPBACK)
    assert.equal(made.code, 0, made.stderr)
    assert.match(made.stderr, /^for 2 peers on its list$/m)
    const { admission } = await manifestOf('a')
    assert.equal(admission.rule === 'list' && admission.members.length, 2)
    const own = peersOf(readInvite(made.stdout))[0]?.key ?? ''
    assert.ok(admission.rule === 'list' && admission.members.includes(own))
  })

  it('is made for a home: flags that make sense with one only are refused without', async () => {
    for (const flag of ['--private', '--qr', '--page=https://x.example/', '--listen=/ip4/127.0.0.1/tcp/0']) {
      const { code, stderr } = await run('swarm', 'create', 'digits', flag)
      assert.equal(code, 2)
      assert.match(stderr, /needs --home DIR/)
    }
    const bad = await run('swarm', 'create', 'digits', '--home', at('a'), '--page', 'flock.example/#x')
    assert.equal(bad.code, 2)
    assert.match(bad.stderr, /--page.*http or https address of a page, without a #/)
  })

  it('is shown as a QR code when that is asked for', async () => {
    const { code, stderr } = await run('swarm', 'create', 'digits', '--home', at('a'), '--qr', ...LOOPBACK)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /▄▄▄▄▄/)
  })
})
