/** A router that opens ports when it is asked (UPnP), and really does: a stand-in that runs on the router itself. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { killAll, run, startIn } from '../e2e/starlings.js'
import type { FakeIgd } from '../support/fake-igd.js'
import { createNet, type Namespace, type Net, netnsUnavailable } from '../support/netns.js'

const GATEWAY = fileURLToPath(new URL('../support/fake-igd.js', import.meta.url))
const KINDS = { 1: 'version 1', ppp: 'version 1 that dials in', 2: 'version 2' } as const
const [OPEN, OUTER, INNER] = ['11.0.0.1', '11.0.0.2', '192.168.1.1']

/** What the router prints for each request. */
interface Request {
  readonly ready?: true
  readonly action?: string
  readonly protocol?: string
  readonly external?: string
  /** Empty, or an error's code. */
  readonly answered?: string | number
}

interface Home {
  /** A machine in the open, and the one behind the router. */
  readonly open: Namespace
  readonly machine: Namespace
  /** Lines of what the router was asked so far. */
  readonly asked: readonly string[]
  /** Resolves when it was asked so. */
  heard(accepts: (request: Request) => boolean): Promise<void>
}

describe('a peer behind a router with UPnP', function () {
  this.timeout(300_000)
  let net: Net
  let folder: string

  before(function () {
    const reason = netnsUnavailable()
    if (reason === undefined) return
    console.log(`      skipped: ${reason}`)
    this.skip()
  })

  beforeEach(async () => {
    net = createNet()
    folder = await mkdtemp(join(tmpdir(), 'starlings-upnp-'))
  })

  afterEach(async () => {
    await killAll()
    net.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function home(kind: FakeIgd['kind'], limits: Partial<FakeIgd> = {}): Promise<Home> {
    const [open, router, machine] = [net.createNetns('open'), net.createNetns('router'), net.createNetns('home')]
    const [out, outside] = net.lan([open, router], { subnet: '11.0.0.0/24' })
    net.link(router, machine, { subnet: '192.168.1.0/24' })
    machine.route(INNER)
    open.route(out!.address)
    net.nat(router, { outside: outside! })
    const igd: FakeIgd = { inner: INNER, device: outside!.device, outer: OUTER, kind, ...limits }
    const gateway = router.spawn(process.execPath, [GATEWAY, JSON.stringify(igd)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const asked: string[] = []
    const watchers = new Set<() => void>()
    createInterface({ input: gateway.stdout! }).on('line', line => {
      asked.push(line)
      for (const watcher of watchers) watcher()
    })
    const heard: Home['heard'] = accepts =>
      new Promise(resolve => {
        const look = (): void => {
          if (!asked.some(line => accepts(JSON.parse(line)))) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      })
    await heard(({ ready }) => ready === true)
    return { open, machine, asked, heard }
  }

  /** Doctor of the machine at home, which has a node in the open to ask. */
  async function doctor(open: Namespace, machine: Namespace, ...flags: readonly string[]) {
    const swarm = join(folder, 's')
    assert.equal((await run('swarm', 'create', 'digits', '--forever', '--out', swarm)).code, 0)
    const node = startIn(open, 'node', '--swarm', swarm, '--no-mdns', '--listen', `/ip4/${OPEN}/tcp/4001`)
    await node.line(line => line.startsWith('listening on'))
    const { code, stdout, stderr } = await startIn(
      machine,
      ...['doctor', '--json', '--peer', `/ip4/${OPEN}/tcp/4001`, ...flags]
    ).ended
    assert.notEqual(stdout, '', stderr)
    return { code, ...JSON.parse(stdout) }
  }

  const LISTEN = ['/ip4/0.0.0.0/tcp/4001', '/ip4/0.0.0.0/tcp/4002/ws', '/ip4/0.0.0.0/udp/4001/webrtc-direct']

  it('is dialled from the internet by WebRTC while it runs, and leaves no port open when it leaves', async () => {
    const { open, machine, asked, heard } = await home('1')
    const [swarm, kept] = [join(folder, 's'), join(folder, 'h')]
    assert.equal((await run('swarm', 'create', 'digits', '--forever', '--out', swarm)).code, 0)
    const node = startIn(
      machine,
      ...['node', '--swarm', swarm, '--home', kept, '--no-mdns', '--listen', '/ip4/0.0.0.0/udp/4001/webrtc-direct']
    )
    await node.line(line => line.startsWith('listening on'))
    let address: string | undefined
    let opened: unknown
    while (address === undefined) {
      const { addresses, routers } = JSON.parse((await run('status', '--home', kept, '--json')).stdout)
      address = addresses.find((text: string) => text.startsWith(`/ip4/${OUTER}/udp/4001/webrtc-direct/certhash/`))
      opened = routers
    }
    const door = { protocol: 'UDP', port: 4001, outerPort: 4001 }
    assert.deepEqual(opened, [{ host: INNER, outer: OUTER, opened: [door], refused: [] }])
    const dial = async () => {
      const { stdout } = await startIn(open, 'doctor', '--json', '--no-upnp', '--peer', address).ended
      return JSON.parse(stdout)
    }
    const { witnesses, unanswered } = await dial()
    assert.deepEqual(unanswered, [], asked.join('\n'))
    assert.equal(witnesses.length, 1)
    process.kill(node.pid, 'SIGINT')
    await node.ended
    const closed = (request: Request): boolean => request.action === 'DeletePortMapping' && request.answered === ''
    await heard(closed)
    const doors = asked
      .map(line => JSON.parse(line))
      .filter(request => 'external' in request && request.external !== '')
    assert.deepEqual(
      doors.map(({ action, protocol, external }) => `${action} ${protocol} ${external}`),
      ['AddPortMapping UDP 4001', 'DeletePortMapping UDP 4001']
    )
    assert.deepEqual((await dial()).unanswered, [address])
  })

  for (const kind of ['1', 'ppp', '2'] as const) {
    it(`is reached from the internet by TCP and WebRTC, and tells of it: ${KINDS[kind]}`, async () => {
      const { open, machine, asked } = await home(kind)
      const { code, verdict, addresses, lines } = await doctor(open, machine, '--listen', ...LISTEN)
      const told = `${lines.join('\n')}\n${addresses.join('\n')}\n${asked.join('\n')}`
      assert.deepEqual([code, verdict], [0, 'anywhere'], told)
      assert.ok(addresses.includes(`/ip4/${OUTER}/tcp/4001`), told)
      assert.ok(addresses.includes(`/ip4/${OUTER}/tcp/4002/ws`), told)
      assert.ok(
        addresses.some((address: string) => address.startsWith(`/ip4/${OUTER}/udp/4001/webrtc-direct/certhash/`)),
        told
      )
      assert.match(lines.join('\n'), /the router at 192\.168\.1\.1 opened .*TCP port 4001.* when asked \(UPnP\)/)
    })
  }

  it('is reached all the same when its port is taken there, and the router knows no leases', async () => {
    const { open, machine, asked, heard } = await home('1', { taken: 4001, permanentOnly: true })
    const { code, verdict, addresses, lines } = await doctor(open, machine, '--listen', '/ip4/0.0.0.0/tcp/4001')
    const told = `${lines.join('\n')}\n${addresses.join('\n')}\n${asked.join('\n')}`
    assert.deepEqual([code, verdict], [0, 'anywhere'], told)
    const outer = lines.map((line: string) => /opened TCP port 4001 as (\d+) when/.exec(line)?.[1]).find(Boolean)
    assert.ok(addresses.includes(`/ip4/${OUTER}/tcp/${outer}`), told)
    // What has no end must be closed.
    await heard(
      ({ action, external, answered }) => action === 'DeletePortMapping' && external === outer && answered === ''
    )
  })

  it('is told why when the router does not want to', async () => {
    const { open, machine, asked } = await home('1', { refuses: true })
    const { code, verdict, lines } = await doctor(open, machine, '--listen', '/ip4/0.0.0.0/tcp/4001')
    const told = `${lines.join('\n')}\n${asked.join('\n')}`
    assert.deepEqual([code, verdict], [1, 'not'], told)
    const refusal = 'the router at 192.168.1.1 did not open TCP port 4001 (UPnP): it does not allow it'
    assert.ok(lines.includes(refusal), told)
  })
})
