/** Peers that find each other on a local network, with nothing but mDNS: the command as a person starts it. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAll, run, startIn } from '../e2e/starlings.js'
import { createNet, type Namespace, type Net, netnsUnavailable } from '../support/netns.js'

describe('mDNS', function () {
  this.timeout(120_000)
  let net: Net
  let folder: string
  let swarm: string

  before(function () {
    const reason = netnsUnavailable()
    if (reason === undefined) return
    console.log(`      skipped: ${reason}`)
    this.skip()
  })

  beforeEach(async () => {
    net = createNet()
    folder = await mkdtemp(join(tmpdir(), 'starlings-mdns-'))
    swarm = join(folder, 'swarm.json')
    assert.equal((await run('swarm', 'create', 'digits', '--forever', '--out', swarm)).code, 0)
  })

  afterEach(async () => {
    await killAll()
    net.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** On one network, whose first member is nobody but where everything else would go. */
  function machines(count: number): Namespace[] {
    const members = Array.from({ length: count + 1 }, (_, i) => net.createNetns(`m${i}`))
    const [router] = net.lan(members, { subnet: '10.1.0.0/24' })
    const [, ...rest] = members
    for (const machine of rest) machine.route(router!.address)
    return rest
  }

  const node = (machine: Namespace, ...flags: readonly string[]) => startIn(machine, 'node', '--swarm', swarm, ...flags)
  const joined = (line: string): boolean => line.includes(' joined (')

  it('brings nodes together that know nothing but the manifest', async () => {
    const started = machines(3).map(machine => node(machine))
    await Promise.all(started.map(each => each.line(joined)))
  })

  it('finds a node that comes later, and one that has a network only then', async () => {
    const [a, b] = machines(2)
    const first = node(a!)
    await first.line(line => line.startsWith('listening on'))
    b!.run('ip', 'link', 'set', 'eth0', 'down')
    const second = node(b!)
    await second.line(line => line.startsWith('no peer answers yet'))
    b!.run('ip', 'link', 'set', 'eth0', 'up')
    b!.route('10.1.0.1')
    await Promise.all([first.line(joined), second.line(joined)])
  })

  it('brings a machine on two networks together with the nodes of both, wherever its default route leads', async () => {
    const [both, left, right] = ['both', 'left', 'right'].map(label => net.createNetns(label))
    const [gate] = net.lan([both!, left!], { subnet: '10.1.0.0/24' })
    net.lan([both!, right!], { subnet: '10.2.0.0/24' })
    both!.route('10.1.0.254')
    left!.route(gate!.address)
    // Nothing leads from one network to the other: whoever is met there is met by the machine on both.
    const sides = [node(left!, '--listen', '/ip4/0.0.0.0/tcp/4001'), node(right!, '--listen', '/ip4/0.0.0.0/tcp/4001')]
    await Promise.all(sides.map(each => each.line(line => line.startsWith('listening on'))))
    const middle = node(both!, '--listen', '/ip4/0.0.0.0/tcp/4001')
    await Promise.all([...sides.map(each => each.line(joined)), middle.line(line => line.includes('(2 neighbours)'))])
  })

  it('brings two machines together that have nothing but a cable between them', async () => {
    const [a, b] = ['a', 'b'].map(label => net.createNetns(label))
    net.link(a!, b!, { subnet: '10.3.0.0/24' })
    const started = [a!, b!].map(machine => node(machine))
    await Promise.all(started.map(each => each.line(joined)))
  })

  it('is left out when told so, and a node then says that nobody is there', async () => {
    const [a, b] = machines(2)
    const quiet = node(a!, '--no-mdns', '--peer', '/ip4/10.1.0.77/tcp/4001')
    const other = node(b!)
    const line = await quiet.line(line => line.startsWith('no peer answers yet'))
    assert.match(line, /tried an address \(\/ip4\/10\.1\.0\.77\/tcp\/4001\); it goes on trying$/)
    assert.match(await other.line(line => line.startsWith('no peer answers yet')), /looked on the local network/)
  })
})
