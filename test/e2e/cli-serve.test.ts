import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { inviteLink, readInvite } from '#src/core/wire/invite-text.js'
import { killAll, run, start } from './starlings.js'

const INVITE = inviteLink({
  swarm: new Uint8Array(32).fill(7),
  key: null,
  staleDay: 0,
  peers: [{ key: new Uint8Array(32).fill(9), addresses: [Uint8Array.of(4, 192, 0, 2, 7, 6, 16, 0)] }]
})

describe('starlings serve', function () {
  // A node loads much before it listens, and machines are slow.
  this.timeout(60_000)
  afterEach(() => killAll())

  it('says where the page is, prints an invite as a link to it, serves it, and ends with Ctrl-C', async () => {
    const serving = start('serve', '--host', '127.0.0.1', '--port', '0', '--invite', INVITE)
    const link = (await serving.line(line => line.includes('/#'))).trim()
    const page = new URL(link)
    assert.equal(page.hash.slice(1), INVITE.replace('starlings:', ''))
    await serving.line(line => line === 'Ctrl-C ends it.')
    assert.match(await (await fetch(page.origin)).text(), /<title>Starlings<\/title>/)
    serving.process.kill('SIGINT')
    const { code, stdout, stderr } = await serving.ended
    assert.equal(code, 0)
    assert.equal(stderr, '')
    assert.match(stdout, /this machine: takes part/)
    await assert.rejects(fetch(page.origin))
  })

  it('makes a certificate with --https, shows its fingerprint, and serves with it', async () => {
    const home = await mkdtemp(join(tmpdir(), 'starlings-serve-home-'))
    try {
      const serving = start('serve', '--https', '--host', '127.0.0.1', '--port', '0', '--home', home)
      const url = (await serving.line(line => line.includes('https://'))).trim().split(' ')[0]!
      const half = (await serving.line(line => /^ {2}([0-9A-F]{2}:){16}$/.test(line))).trim()
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? ''
      socket.destroy()
      assert.ok(fingerprint.startsWith(half), `${fingerprint} does not begin with ${half}`)
      await serving.line(line => line === 'Ctrl-C ends it.')
      serving.process.kill('SIGINT')
      const { code, stderr } = await serving.ended
      assert.equal(code, 0)
      // There is no node in that home to ask for an invite; the page is served all the same.
      assert.match(stderr, /warning: .*no node/)
    } finally {
      await rm(home, { recursive: true })
    }
  })

  it('comes with a node that trains: one command, and its invite is a link to the page that it serves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'starlings-serve-node-'))
    try {
      const manifest = join(folder, 'swarm.json')
      assert.equal((await run('swarm', 'create', 'digits', '--out', manifest)).code, 0)
      const listen = ['--listen', '/ip4/127.0.0.1/tcp/0/ws', '--no-mdns', '--no-dht', '--no-upnp']
      const node = start('node', '--swarm', manifest, '--serve', '0', ...listen)
      const line = await node.line(text => text.includes('starlings join'))
      const link = /'(http:\S+)'/.exec(line)?.[1] ?? ''
      assert.match(await (await fetch(link)).text(), /<title>Starlings<\/title>/)
      assert.equal(readInvite(link).peers.length, 1)
      node.process.kill('SIGINT')
      assert.equal((await node.ended).code, 0)
      await assert.rejects(fetch(link))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses what is no invite, and a port that is none', async () => {
    const invite = await run('serve', '--invite', 'rubbish')
    assert.equal(invite.code, 2)
    assert.match(invite.stderr, /--invite: .*invite/)
    assert.equal((await run('serve', '--port', '70000')).code, 2)
  })
})
