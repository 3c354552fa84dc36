import assert from 'node:assert/strict'
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { swarmId } from '#src/core/protocol/manifest.js'
import { createRandom } from '#src/core/random.js'
import { createLocalPeer } from '#src/node/local-peer.js'
import { Home } from '#src/node/store/home.js'
import { createManifest } from '#src/train/manifest.js'
import { contents, databaseFiles, makeTemporaryFolder, removeFolder } from '../support/homes.js'
import { killAll, run, start } from './starlings.js'

const DURABLE = { durable: true }
const ADDRESS = /^ +(\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+)$/

describe('a home', function () {
  this.timeout(180_000)
  const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2 })
  const other = createManifest({ task: { kind: 'digits' }, seed: 2, expectedPeers: 2 })
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    path = join(folder, 'deep', 'home')
  })
  afterEach(() => removeFolder(folder))

  /** Opens, looks and closes. */
  async function visit<T>(look: (home: Home) => T | Promise<T>, given?: typeof manifest): Promise<T> {
    const home = await Home.open(path, { manifest: given, from: 'swarm.json' })
    try {
      return await look(home)
    } finally {
      await home.close()
    }
  }
  const mode = async (name: string) => (await stat(join(path, name))).mode & 0o777

  it('may have its identity first, or that of another home, and has run only when a peer was in it', async () => {
    const { raw } = await Home.identity(path)
    assert.deepEqual((await Home.identity(path)).raw, raw)
    assert.equal(await mode('identity.key'), 0o600)
    const like = join(folder, 'like')
    assert.deepEqual((await Home.identity(like, path)).raw, raw)
    // Once there is one it stays.
    assert.deepEqual((await Home.identity(like, join(folder, 'nowhere'))).raw, raw)
    const prepared = await Home.open(path, { manifest, preparing: true })
    assert.equal(prepared.resumed, false)
    await prepared.close()
    for (const resumed of [false, true])
      await visit(home => {
        assert.deepEqual(home.privateKey.raw, raw)
        assert.deepEqual([home.resumed, home.warnings], [resumed, []])
      })
    await assert.rejects(Home.identity(join(folder, 'new'), join(folder, 'nowhere')), /there is no key of a peer/)
  })

  it('is made for its owner only, and is the same peer with the same state when it opens again', async () => {
    const settings = {
      data: '/data',
      shard: { index: 1, count: 2 },
      mode: 'async',
      listen: ['/ip4/0.0.0.0/tcp/4001']
    } as const
    const key = await visit(async home => {
      assert.equal(home.resumed, false)
      assert.deepEqual(home.warnings, [])
      await home.store.write([{ key: 'a', value: Uint8Array.of(1, 2) }], DURABLE)
      await home.remember({ ...settings, listen: [...settings.listen] })
      await home.writePeers(Uint8Array.of(7))
      return home.privateKey.raw
    }, manifest)
    assert.equal(await mode('.'), 0o700)
    assert.equal(await mode('identity.key'), 0o600)
    await visit(async home => {
      assert.equal(home.resumed, true)
      assert.deepEqual(home.warnings, [])
      assert.deepEqual(home.privateKey.raw, key)
      assert.equal(swarmId(home.manifest), swarmId(manifest))
      assert.equal(await contents(home.store), 'a=AQI=')
      assert.deepEqual(home.settings, settings)
      assert.deepEqual(await home.readPeers(), Buffer.of(7))
    })
    await visit(home => assert.equal(home.resumed, true), manifest)
  })

  it('warns of a key that others could read, and takes the right from them', async () => {
    await visit(() => undefined, manifest)
    await chmod(join(path, 'identity.key'), 0o644)
    await visit(home => assert.match(home.warnings.join(), /identity\.key: other users .* could read/))
    assert.equal(await mode('identity.key'), 0o600)
    await visit(home => assert.deepEqual(home.warnings, []))
  })

  it('is refused while it is open', async () => {
    await visit(async () => {
      await assert.rejects(Home.open(path), {
        name: 'InputError',
        message: /in use by another starlings process; stop/
      })
    }, manifest)
    await visit(home => assert.equal(home.state, 'sound'))
  })

  it('belongs to one swarm', async () => {
    await assert.rejects(
      visit(() => undefined),
      /is new and belongs to no swarm yet; .*swarm create digits --home .*join '<invite>' .*start once with --swarm/
    )
    await visit(() => undefined, manifest)
    const named = new RegExp(
      `belongs to the swarm ${swarmId(manifest)}, but swarm.json is of ${swarmId(other)}; take another folder for it, or start the peer that lives there`
    )
    await assert.rejects(
      visit(() => undefined, other),
      named
    )
    await visit(home => assert.equal(swarmId(home.manifest), swarmId(manifest)))
  })

  it('is never a file, nor a folder of something else', async () => {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'thesis.tex'), '')
    await assert.rejects(
      visit(() => undefined, manifest),
      /is no home of a peer, but holds thesis\.tex; choose/
    )
    assert.deepEqual(await readdir(path), ['thesis.tex'], 'nothing is left there')
    path = join(path, 'thesis.tex')
    await assert.rejects(
      visit(() => undefined, manifest),
      /thesis\.tex: is a file; choose a folder/
    )
    path = join(path, 'home')
    await assert.rejects(
      visit(() => undefined, manifest),
      /is not a folder; choose another/
    )
  })

  it('is not begun where it is refused: without a manifest, or beside that of another swarm', async () => {
    await assert.rejects(
      visit(() => undefined),
      /is new and belongs to no swarm yet/
    )
    assert.deepEqual(await readdir(folder), [])
    await mkdir(path, { recursive: true })
    await assert.rejects(
      visit(() => undefined),
      /is new and belongs to no swarm yet/
    )
    assert.deepEqual(await readdir(path), [])
    await writeFile(join(path, 'manifest.json'), JSON.stringify(manifest))
    await assert.rejects(
      visit(() => undefined, other),
      /belongs to the swarm/
    )
    assert.deepEqual(await readdir(path), ['manifest.json'])
  })

  it('may lie in an empty folder that was made for it', async () => {
    await mkdir(path, { recursive: true })
    await visit(home => assert.equal(home.resumed, false), manifest)
  })

  const DAMAGES: readonly (readonly [what: string, file: string, content: string | null, message: RegExp])[] = [
    [
      'by a newer version',
      'home.json',
      '{"version":2}',
      /home\.json: this home was written by a newer Starlings.*update/
    ],
    [
      'with settings that are no JSON',
      'home.json',
      '{',
      /home\.json:1: not valid JSON.*delete this file, then start with/
    ],
    ['with other settings', 'home.json', '{"version":1}', /home\.json: swarm is not as Starlings writes it; delete/],
    [
      'without its key',
      'identity.key',
      null,
      /identity\.key: is missing; copy it back from a backup, or take a new home/
    ],
    ['with a broken key', 'identity.key', 'CAESQA==', /identity\.key: holds no Ed25519 private key any more; copy it/],
    ['without its manifest', 'manifest.json', null, /manifest\.json: no such file.*; start once more with --swarm/],
    [
      'with a broken manifest',
      'manifest.json',
      '{"a',
      /manifest\.json:1: not valid JSON.*; start once more with --swarm/
    ],
    ['with another manifest', 'manifest.json', JSON.stringify(other), /manifest\.json: was changed, and is of another/]
  ]
  for (const [what, file, content, message] of DAMAGES)
    it(`that was left ${what} is refused in words, and not touched`, async () => {
      await visit(home => home.store.write([{ key: 'a', value: Uint8Array.of(1) }], DURABLE), manifest)
      const before = await readFile(join(path, file))
      if (content === null) await rm(join(path, file))
      else await writeFile(join(path, file), content)
      await assert.rejects(
        visit(() => undefined),
        { name: 'InputError', message }
      )
      await assert.rejects(
        visit(() => undefined),
        { name: 'InputError', message }
      )
      await writeFile(join(path, file), before)
      await visit(async home => assert.equal(await contents(home.store), 'a=AQ=='))
    })

  it('that lost its settings goes on without them, in the same swarm', async () => {
    await visit(home => home.remember({ mode: 'async' }), manifest)
    await rm(join(path, 'home.json'))
    await assert.rejects(
      visit(() => undefined, other),
      /belongs to the swarm/
    )
    await visit(home => {
      assert.deepEqual([home.resumed, home.settings, swarmId(home.manifest)], [true, {}, swarmId(manifest)])
    })
  })

  it('takes a lost manifest from --swarm', async () => {
    await visit(() => undefined, manifest)
    await writeFile(join(path, 'manifest.json'), '')
    await assert.rejects(
      visit(() => undefined, other),
      /belongs to the swarm/
    )
    await visit(() => undefined, manifest)
    await visit(home => assert.equal(swarmId(home.manifest), swarmId(manifest)))
  })

  it('says that its state is lost, and keeps what is left of it', async () => {
    await visit(async home => {
      await home.store.write([{ key: 'a', value: new Uint8Array(5000) }], DURABLE)
    }, manifest)
    // Opening puts the entry into a table.
    await visit(() => undefined)
    for (const name of await readdir(join(path, 'state')))
      if (name.endsWith('.ldb')) await writeFile(join(path, 'state', name), 'rubbish')
    const warning = await visit(home => {
      assert.equal(home.state, 'lost')
      return home.warnings.join()
    })
    const aside = /damaged beyond repair: the peer is the same, .* kept in (\S+)$/.exec(warning)?.[1] ?? ''
    assert.equal((await stat(aside)).isDirectory(), true)
    await visit(home => assert.deepEqual(home.warnings, []))
  })

  /** What a peer that comes back makes of a home. */
  async function reopened(path: string) {
    const home = await Home.open(path)
    try {
      const local = await createLocalPeer({ manifest: home.manifest, listen: [], home, resumed: true })
      const status = local.peer.status()
      await local.stop()
      return { state: home.state, warnings: home.warnings, status }
    } finally {
      await home.close()
    }
  }

  describe('of starlings node', () => {
    afterEach(killAll)

    it('resumes with one command, port included, and refuses a second process', async () => {
      const swarm = join(folder, 'swarm.json')
      await writeFile(swarm, JSON.stringify(manifest))
      const first = start(
        'node',
        '--home',
        path,
        '--swarm',
        swarm,
        '--listen',
        '/ip4/127.0.0.1/tcp/0',
        '--shard',
        '1/2'
      )
      const address = await first.line(text => ADDRESS.test(text))
      await first.line(text => text.startsWith('a new peer, kept in'))
      const refused = await run('node', '--home', path)
      assert.equal(refused.code, 1)
      assert.match(
        refused.stderr,
        /^starlings: --home .*: is in use by another starlings process; stop that one first/m
      )
      process.kill(first.pid, 'SIGKILL')
      await first.ended

      const second = start('node', '--home', path)
      assert.equal(await second.line(text => ADDRESS.test(text)), address)
      await second.line(text => /^friends take part with$/.test(text))
      await second.line(text => /starlings join starlings:AQ[\w-]+$/.test(text))
      await second.line(text => /^resumed at epoch 0 /.test(text))
      process.kill(second.pid, 'SIGINT')
      const { code, stdout, stderr } = await second.ended
      assert.equal(code, 0, stderr)
      assert.match(stdout, /goes on where it stood with: (npx )?starlings node --home /)
      const { settings } = JSON.parse(await readFile(join(path, 'home.json'), 'utf8'))
      assert.deepEqual(settings.shard, { index: 0, count: 2 })
    })

    it('of a swarm that has ended says so, helps others, and writes the model', async () => {
      const clock = { minEpochMs: 50, maxEpochMs: 100, minDeadlineMs: 50, graceMs: 50, aloneGraceMs: 50 }
      const short = createManifest({ task: { kind: 'digits' }, seed: 1, epochs: 2, expectedPeers: 1, clock })
      const swarm = join(folder, 'swarm.json')
      await writeFile(swarm, JSON.stringify(short))
      const node = start('node', '--home', path, '--swarm', swarm, '--listen', '/ip4/127.0.0.1/tcp/0')
      await node.line(line => /settling/.test(line))
      process.kill(node.pid, 'SIGINT')
      const first = await node.ended
      assert.match(first.stdout, /it helps others to the same model again with: /)
      const digest = /^model digest .*$/m.exec(first.stdout)?.[0]

      const { code, stdout, stderr } = await run('node', '--home', path, '--linger', '0', '--out', join(folder, 'out'))
      assert.equal(code, 0, stderr)
      assert.match(stdout, /^the training of this swarm has ended; the model goes to /m)
      assert.doesNotMatch(stdout, /settling|training alone|goes on/)
      assert.equal(/^model digest .*$/m.exec(stdout)?.[0], digest)
      assert.ok((await readdir(join(folder, 'out'))).includes('summary.json'))
    })

    it('that was killed, and whose files were damaged then, opens as what it was or says what is missing', async () => {
      const clock = { minEpochMs: 50, maxEpochMs: 100, minDeadlineMs: 50, graceMs: 50, aloneGraceMs: 50 }
      const quick = createManifest({ task: { kind: 'digits' }, seed: 1, epochs: null, expectedPeers: 1, clock })
      const swarm = join(folder, 'swarm.json')
      await writeFile(swarm, JSON.stringify(quick))
      const node = start('node', '--home', path, '--swarm', swarm, '--listen', '/ip4/127.0.0.1/tcp/0', '--json')
      await node.line(line => /"epoch":2\d,/.test(line))
      process.kill(node.pid, 'SIGKILL')
      await node.ended
      const files = await databaseFiles(path)
      const copy = join(folder, 'copy')
      await cp(path, copy, { recursive: true, filter: file => !file.endsWith('.sock') })
      const whole = await reopened(copy)
      assert.equal(whole.state, 'sound')
      assert.ok(whole.status.epoch >= 20 && whole.status.updates >= 10, JSON.stringify(whole.status))

      const random = createRandom(8)
      const seen = new Map<string, number>()
      for (let i = 0; i < 24; i++) {
        await removeFolder(copy)
        await cp(path, copy, { recursive: true, filter: file => !file.endsWith('.sock') })
        const { name, bytes } = files[i % files.length]!
        const at = random.below(bytes.length)
        const damaged = Buffer.from(bytes)
        damaged[at] = damaged[at]! ^ (1 + random.below(255))
        await writeFile(join(copy, 'state', name), i % 2 === 0 ? damaged : bytes.subarray(0, at))
        const { state, status, warnings } = await reopened(copy)
        const how = `${name}, byte ${at}: ${state}, ${JSON.stringify(status)}`
        seen.set(state, (seen.get(state) ?? 0) + 1)
        assert.equal(warnings.length > 0, state !== 'sound', how)
        assert.ok(status.epoch <= whole.status.epoch && status.updates <= whole.status.updates, how)
        // Epochs without an own update do not become more by going back.
        const without = whole.status.epoch - whole.status.updates
        if (state !== 'lost' && state !== 'new') assert.ok(status.epoch - status.updates <= without + 1, how)
      }
      assert.ok(seen.size > 1, JSON.stringify([...seen]))
    })

    it('wants a manifest from one or the other', async () => {
      const { code, stderr } = await run('node')
      assert.equal(code, 2)
      assert.match(stderr, /'--swarm <manifest.json>' not specified, nor a '--home <DIR>' that has one\nSee: /)
    })
  })
})
