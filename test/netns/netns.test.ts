import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createNet, type Namespace, type Net, netnsUnavailable, type Plug } from '../support/netns.js'

/** Answers one line to whoever connects: what address they seem to have. */
const TELLER = `
  const server = require('node:net').createServer(socket => socket.end(socket.remoteAddress))
  server.listen(4000, '0.0.0.0', () => console.log('listening'))`

/** Connects for at most half a second, and prints what it is told. */
const CALLER = `
  const socket = require('node:net').connect(4000, process.argv[1])
  socket.setTimeout(500, () => { console.log('nobody'); socket.destroy() })
  socket.on('error', () => console.log('nobody'))
  socket.on('data', bytes => console.log(String(bytes)))`

async function listenIn(where: Namespace): Promise<void> {
  const teller = where.spawn(process.execPath, ['-e', TELLER], { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.ok(teller.stdout)
  await once(createInterface({ input: teller.stdout }), 'line')
}

const seenFrom = (caller: Namespace, { address }: Plug): string =>
  caller.run(process.execPath, '-e', CALLER, address).trim()

describe("networks of a test's own", () => {
  let net: Net

  before(function () {
    const reason = netnsUnavailable()
    if (reason === undefined) return
    console.log(`      skipped: ${reason}`)
    this.skip()
  })

  beforeEach(() => {
    net = createNet()
  })

  afterEach(() => net?.close())

  it('joins two machines by a cable', async () => {
    const [a, b] = [net.createNetns('a'), net.createNetns('b')]
    const [plugA, plugB] = net.link(a, b, { subnet: '10.1.0.0/24' })
    await listenIn(b)
    assert.equal(seenFrom(a, plugB), plugA.address)
  })

  it('joins any number on a local network, which nobody else reaches', async () => {
    const machines = ['a', 'b', 'c'].map(label => net.createNetns(label))
    const plugs = net.lan(machines, { subnet: '10.1.0.0/24' })
    await listenIn(machines[2]!)
    assert.equal(seenFrom(machines[0]!, plugs[2]!), '10.1.0.1')
    assert.equal(seenFrom(machines[1]!, plugs[2]!), '10.1.0.2')
    assert.equal(seenFrom(net.createNetns('stranger'), plugs[2]!), 'nobody')
  })

  for (const kind of ['cone', 'symmetric'] as const) {
    it(`hides who is behind a ${kind} router, and lets nobody in`, async () => {
      const [home, router, world] = [net.createNetns('home'), net.createNetns('router'), net.createNetns('world')]
      const [inside, homePlug] = net.link(router, home, { subnet: '192.168.7.0/24' })
      const [outside, worldPlug] = net.link(router, world, { subnet: '10.2.0.0/24' })
      home.route(inside.address)
      net.nat(router, { outside, kind })
      await listenIn(world)
      assert.equal(seenFrom(home, worldPlug), outside.address)
      // Even one that knows the way finds nothing there.
      await listenIn(home)
      world.route(outside.address)
      assert.equal(seenFrom(world, homePlug), 'nobody')
    })
  }

  it('leaves nothing behind, not even what runs', async () => {
    const a = net.createNetns('a')
    const sleeper = a.spawn('sleep', ['1000'])
    const gone = once(sleeper, 'exit')
    net.close()
    assert.deepEqual(await gone, [null, 'SIGKILL'])
    assert.ok(!execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).includes(a.name))
  })

  it('leaves nothing behind after Ctrl-C, and nothing for the next run after kill -9', async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const child = spawn(process.execPath, [fileURLToPath(new URL('./one-network.js', import.meta.url))], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      const [name] = await once(createInterface({ input: child.stdout }), 'line')
      assert.ok(namespaces().includes(name))
      const gone = once(child, 'exit')
      child.kill(signal)
      assert.deepEqual(await gone, [null, signal])
      if (signal === 'SIGINT') assert.ok(!namespaces().includes(name))
      else {
        execFileSync(process.execPath, [fileURLToPath(new URL('./one-network.js', import.meta.url)), 'briefly'])
        assert.ok(!namespaces().includes(name))
      }
    }
  })
})

const namespaces = (): readonly string[] =>
  execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map(line => line.split(' ')[0] ?? '')
