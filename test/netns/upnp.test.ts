/** A router that opens ports when it is asked (UPnP), and really does: a stand-in that runs on the router itself. Routers that know
 * version 1 of UPnP only are not asked: libp2p looks for version 2. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { killAll, run, startIn } from '../e2e/starlings.js'
import { createNet, type Namespace, type Net, netnsUnavailable } from '../support/netns.js'

const GATEWAY = fileURLToPath(new URL('../support/fake-igd.js', import.meta.url))
const [OPEN, OUTER, INNER] = ['11.0.0.1', '11.0.0.2', '192.168.1.1']

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

  /** @returns the machine in the open, the one at home, and what the router was asked so far */
  async function home(version: 2): Promise<readonly [Namespace, Namespace, readonly string[]]> {
    const [open, router, machine] = [net.createNetns('open'), net.createNetns('router'), net.createNetns('home')]
    const [out, outside] = net.lan([open, router], { subnet: '11.0.0.0/24' })
    net.link(router, machine, { subnet: '192.168.1.0/24' })
    machine.route(INNER)
    open.route(out!.address)
    net.nat(router, { outside: outside! })
    const gateway = router.spawn(process.execPath, [GATEWAY, INNER, outside!.device, OUTER, String(version)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const asked: string[] = []
    const ready = new Promise<void>(resolve => {
      createInterface({ input: gateway.stdout! }).on('line', line => {
        asked.push(line)
        resolve()
      })
    })
    await ready
    return [open, machine, asked]
  }

  it('is dialled from the internet by WebRTC, while it runs', async () => {
    const [open, machine, asked] = await home(2)
    const [swarm, kept] = [join(folder, 's'), join(folder, 'h')]
    assert.equal((await run('swarm', 'create', 'digits', '--forever', '--out', swarm)).code, 0)
    const node = startIn(
      machine,
      ...['node', '--swarm', swarm, '--home', kept, '--no-mdns', '--listen', '/ip4/0.0.0.0/udp/4001/webrtc-direct']
    )
    await node.line(line => line.startsWith('listening on'))
    let address: string | undefined
    while (address === undefined) {
      const { addresses } = JSON.parse((await run('status', '--home', kept, '--json')).stdout)
      address = addresses.find((text: string) => text.startsWith(`/ip4/${OUTER}/udp/4001/webrtc-direct/certhash/`))
    }
    const { stdout } = await startIn(open, 'doctor', '--json', '--no-upnp', '--peer', address).ended
    const { witnesses, unanswered } = JSON.parse(stdout)
    assert.deepEqual(unanswered, [], asked.join('\n'))
    assert.equal(witnesses.length, 1)
  })

  it('is reached from the internet by TCP and WebRTC, and tells of it', async () => {
    const [open, machine, asked] = await home(2)
    const swarm = join(folder, 's')
    assert.equal((await run('swarm', 'create', 'digits', '--forever', '--out', swarm)).code, 0)
    const node = startIn(open, 'node', '--swarm', swarm, '--no-mdns', '--listen', `/ip4/${OPEN}/tcp/4001`)
    await node.line(line => line.startsWith('listening on'))
    const { code, stdout, stderr } = await startIn(
      machine,
      ...['doctor', '--json', '--peer', `/ip4/${OPEN}/tcp/4001`],
      ...['--listen', '/ip4/0.0.0.0/tcp/4001', '/ip4/0.0.0.0/tcp/4002/ws', '/ip4/0.0.0.0/udp/4001/webrtc-direct']
    ).ended
    assert.notEqual(stdout, '', stderr)
    const { verdict, addresses, lines } = JSON.parse(stdout)
    const told = `${lines.join('\n')}\n${addresses.join('\n')}\n${asked.join('\n')}`
    assert.deepEqual([code, verdict], [0, 'anywhere'], told)
    assert.ok(addresses.includes(`/ip4/${OUTER}/tcp/4001`), told)
    assert.ok(addresses.includes(`/ip4/${OUTER}/tcp/4002/ws`), told)
    assert.ok(
      addresses.some((address: string) => address.startsWith(`/ip4/${OUTER}/udp/4001/webrtc-direct/certhash/`)),
      told
    )
  })
})
