/** A DHT that is not ours, as the public one of IPFS: Starlings nodes ask and tell it, and serve nothing in it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { killAll, run, startIn } from '../e2e/starlings.js'
import { createNet, type Net, netnsUnavailable } from '../support/netns.js'

const NODES = 12
const PROTOCOL = '/ipfs/kad/1.0.0'

describe('the DHT of IPFS', function () {
  this.timeout(180_000)
  let net: Net
  let folder: string

  before(async function () {
    const reason = netnsUnavailable()
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      return this.skip()
    }
    net = createNet()
    folder = await mkdtemp(join(tmpdir(), 'starlings-ipfs-'))
  })

  after(async () => {
    await killAll()
    net?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  it('brings two of a swarm together that know only nodes of it', async () => {
    const [open, ...machines] = ['open', 'a', 'b'].map(label => net.createNetns(label))
    // An address that libp2p takes for a public one: such a DHT hands on no others.
    const [plug] = net.lan([open!, ...machines], { subnet: '11.0.0.0/24' })
    const script = fileURLToPath(new URL('ipfs-nodes.js', import.meta.url))
    const others = open!.spawn(process.execPath, [script, plug!.address, String(NODES)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [line] = await Promise.race([
      once(createInterface({ input: others.stdout! }), 'line'),
      once(others, 'exit').then(([code]) => assert.fail(`the others ended with ${code}`))
    ])
    const addresses: string[][] = JSON.parse(line)
    const created = await run('swarm', 'create', 'digits', '--forever', '--out', join(folder, 's'))
    assert.equal(created.code, 0, created.stderr)
    const peers = machines.map((machine, i) =>
      startIn(
        machine,
        ...['node', '--swarm', join(folder, 's'), '--home', join(folder, `${i}`), '--shard', `${i + 1}/2`],
        ...['--no-mdns', '--no-upnp', '--dht-protocol', PROTOCOL],
        // Each knows another one.
        ...['--bootstrap', addresses[i * (NODES - 1)]![0]!]
      )
    )
    await Promise.all(peers.map(peer => peer.line(text => text.includes('joined (1 neighbour'))))
    // The nodes of that DHT are other programs, as they are meant to be.
    for (const peer of peers) assert.doesNotMatch(peer.output().stderr, /did not say hello/)
  })
})
