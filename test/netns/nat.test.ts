/**
 * Peers behind routers that translate addresses, and what a third one in the open does for them: the command itself. WebRTC
 * finds its way by the STUN of that third one; TCP does not, for Node.js cannot dial from a port that it listens on.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EpochRecord } from '#src/node/json.js'
import { killAll, type Running, run, startIn } from '../e2e/starlings.js'
import { createNet, type Namespace, type NatOptions, type Net, netnsUnavailable } from '../support/netns.js'

/** Of the machine in the open; an address that libp2p takes for a public one. */
const OPEN = '11.0.0.1'
/** Of half a second at least: in that many, a dial through a router is given up. */
const PUNCH_EPOCHS = 30

interface Link {
  readonly peer: string
  readonly how: string
  readonly introducedBy: string | null
}

describe('peers behind two routers', function () {
  this.timeout(300_000)
  let net: Net
  let folder: string
  const at = (name: string): string => join(folder, name)

  before(function () {
    const reason = netnsUnavailable()
    if (reason === undefined) return
    console.log(`      skipped: ${reason}`)
    this.skip()
  })

  beforeEach(async () => {
    net = createNet()
    folder = await mkdtemp(join(tmpdir(), 'starlings-nat-'))
  })

  afterEach(async () => {
    await killAll()
    net.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** One machine in the open, and one behind each of two routers; both homes have the same addresses inside. */
  function internet(kind: NatOptions['kind'] = 'cone'): readonly [open: Namespace, a: Namespace, b: Namespace] {
    const [open, routerA, routerB] = ['open', 'ra', 'rb'].map(label => net.createNetns(label))
    const [, ...outside] = net.lan([open!, routerA!, routerB!], { subnet: '11.0.0.0/24' })
    const [a, b] = [routerA!, routerB!].map((router, i) => {
      const machine = net.createNetns(`m${i}`)
      const [inside] = net.link(router, machine, { subnet: '192.168.1.0/24' })
      machine.route(inside.address)
      net.nat(router, { outside: outside[i]!, ...(kind && { kind }) })
      return machine
    })
    // Nobody is behind it, but a machine without a way out is not on the internet.
    open!.route(outside[0]!.address)
    return [open!, a!, b!]
  }

  async function createSwarm(...flags: readonly string[]): Promise<void> {
    const { code, stderr } = await run('swarm', 'create', 'digits', '--expected-peers', '3', ...flags, '--out', at('s'))
    assert.equal(code, 0, stderr)
  }

  function node(machine: Namespace, name: string, ...flags: readonly string[]): Running {
    return startIn(machine, 'node', '--swarm', at('s'), '--home', at(name), '--no-mdns', '--linger', '5', ...flags)
  }

  async function relay(machine: Namespace, ...flags: readonly string[]): Promise<Running> {
    const started = node(machine, 'open', '--listen', `/ip4/${OPEN}/tcp/4001`, ...flags)
    await started.line(line => line.startsWith('listening on'))
    return started
  }

  const behind = (machine: Namespace, name: string, shard: number): Running =>
    node(machine, name, '--peer', `/ip4/${OPEN}/tcp/4001`, '--shard', `${shard}/3`)

  async function links(name: string): Promise<readonly Link[]> {
    const { stdout, stderr } = await run('status', '--home', at(name), '--json')
    assert.notEqual(stdout, '', stderr)
    return JSON.parse(stdout).neighbours
  }

  /** Resolves when it has had so many neighbours at once, so many times. */
  async function joined(peer: Running, neighbours: number, times = 1): Promise<void> {
    const words = `joined (${neighbours} neighbour`
    await peer.line(() => peer.output().stdout.split(words).length > times)
  }

  it('train together through a third that relays everything, and end with equal digests', async () => {
    // No hole can be punched through these.
    const [open, a, b] = internet('symmetric')
    await createSwarm('--epochs', '300', '--pace', '0.1')
    const third = await relay(open, '--relay', '--shard', '1/3')
    const peers = [behind(a, 'a', 2), behind(b, 'b', 3)]
    await Promise.all(peers.map(peer => joined(peer, 2)))
    for (const name of ['a', 'b']) {
      const [other] = (await links(name)).filter(({ how }) => how !== 'tcp')
      assert.equal(other?.how, 'relayed')
      assert.ok(other?.introducedBy)
    }
    const ends = await Promise.all([third, ...peers].map(({ ended }) => ended))
    const digests = ends.map(({ stdout }) => /model digest ([0-9a-f]{64})/.exec(stdout)?.[1])
    assert.ok(digests[0], ends[0]?.stderr)
    assert.deepEqual(new Set(digests), new Set([digests[0]]))
  })

  it('find each other again through a relay that was killed and came back', async () => {
    const [open, a, b] = internet('symmetric')
    await createSwarm('--forever')
    const first = await relay(open, '--relay', '--shard', '1/3')
    const peers = [behind(a, 'a', 2), behind(b, 'b', 3)]
    await Promise.all(peers.map(peer => joined(peer, 2)))
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    await Promise.all(peers.map(peer => peer.line(line => line.includes('left (no neighbours now)'))))
    await relay(open, '--relay', '--shard', '1/3')
    await Promise.all(peers.map(peer => joined(peer, 2, 2)))
  })

  it('find a way of their own through two routers that keep ports, when the third only introduces them', async () => {
    const [open, a, b] = internet('cone')
    await createSwarm('--forever')
    await relay(open, '--shard', '1/3')
    const peers = [behind(a, 'a', 2), behind(b, 'b', 3)]
    await Promise.all(peers.map(peer => joined(peer, 2)))
    assert.deepEqual(new Set((await links('a')).map(({ how }) => how)), new Set(['tcp', 'webrtc']))
  })

  it('look for one through routers that draw a port for each destination, and train without it', async () => {
    const [open, a, b] = internet('symmetric')
    await createSwarm('--forever', '--pace', '0.5')
    const third = await relay(open, '--shard', '1/3', '--json')
    const peers = [behind(a, 'a', 2), behind(b, 'b', 3)]
    await Promise.all(peers.map(peer => joined(peer, 1)))
    const trained = third.line(line => {
      const record = line.startsWith('{"type":"epoch"') ? (JSON.parse(line) as EpochRecord) : undefined
      return record !== undefined && record.epoch >= PUNCH_EPOCHS && record.liveAuthors === 3
    })
    const met = await Promise.race([
      Promise.all(peers.map(peer => joined(peer, 2))).then(() => true),
      trained.then(() => false)
    ])
    await trained
    const hows = (await links('a')).map(({ how }) => how)
    console.log(
      `      hole punching between symmetric routers: ${met ? 'worked' : 'did not work'} (${hows.join(', ')})`
    )
    assert.ok(hows.includes('tcp'))
  })

  it('are told by the doctor what others see of them, and what to do', async () => {
    const [open, a] = internet()
    await createSwarm('--forever')
    await relay(open)
    const doctor = async (machine: Namespace, ...flags: readonly string[]) => {
      const { code, stdout, stderr } = await startIn(machine, 'doctor', ...flags, '--json').ended
      assert.notEqual(stdout, '', stderr)
      return { code, ...JSON.parse(stdout) }
    }
    const inside = await doctor(a, '--peer', `/ip4/${OPEN}/tcp/4001`)
    assert.equal(inside.code, 1)
    assert.equal(inside.verdict, 'not')
    assert.equal(inside.witnesses[0].seenAs, '11.0.0.2')
    assert.match(inside.witnesses[0].udpSeenAs, /^11\.0\.0\.2:\d+$/)
    assert.match(inside.lines.join('\n'), /by UDP it is seen at 11\.0\.0\.2:/)
    assert.match(
      inside.lines.join('\n'),
      /behind a router[\s\S]*cannot open a connection[\s\S]*introduce others[\s\S]*--announce/
    )
    const alone = await doctor(a)
    assert.deepEqual([alone.code, alone.verdict], [1, 'unknown'])
    // The one in the open, asked from another one in the open.
    const other = net.createNetns('other')
    const [plug] = net.link(other, open, { subnet: '12.0.0.0/24' })
    other.route('12.0.0.2')
    const outside = await doctor(other, '--peer', `/ip4/12.0.0.2/tcp/4001`, '--no-upnp')
    assert.equal(outside.code, 1, 'the node listens at its other address only')
    assert.deepEqual(outside.unanswered, ['/ip4/12.0.0.2/tcp/4001'])
    open.run('ip', 'route', 'replace', '12.0.0.0/24', 'dev', 'eth1')
    const reached = await doctor(other, '--peer', `/ip4/${OPEN}/tcp/4001`, '--no-upnp')
    assert.deepEqual([reached.code, reached.verdict, reached.witnesses[0].seenAs], [0, 'anywhere', plug.address])
    assert.match(reached.lines.join('\n'), /can reach this node from the internet/)
  })
})
