/** Rendezvous by swarm id in a DHT of 20 nodes of several swarms, on real sockets. PROTOCOL.md, "Neighbours". */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { toHex } from '#src/core/bytes.js'
import { swarmIdOf } from '#src/core/protocol/swarm-id.js'
import { inviteLink, readInvite } from '#src/core/wire/invite-text.js'
import { parsePeerAddress } from '#src/net/address.js'
import { makeInvite } from '#src/net/invite.js'
import { dhtDiscovery } from '#src/node/discovery/dht.js'
import { killAll, run, start } from '../e2e/starlings.js'
import { makeTemporaryFolder, removeFolder } from '../support/homes.js'
import { createLoopbackNetwork, type LoopbackEndpoint, type LoopbackNetwork } from '../support/net-loopback.js'

const NODES = 20
const SWARMS = 4

describe('a DHT of all Starlings nodes', function () {
  // Twenty nodes in one process take a busy machine some time.
  this.timeout(300_000)
  let network: LoopbackNetwork

  beforeEach(async () => {
    network = await createLoopbackNetwork({ degrees: { low: 1, target: 2, high: 8 } })
  })

  afterEach(() => network.stop())

  const swarm = (number: number): string => swarmIdOf(new Uint8Array(32).fill(10 + number))

  async function node(swarmId: string, through?: LoopbackEndpoint): Promise<LoopbackEndpoint> {
    const endpoint = await network.endpoint({ swarmId, discovery: [dhtDiscovery({ swarmId, local: true })] })
    if (through !== undefined) endpoint.node.neighbourhood.introduce(through.node.addresses().map(parsePeerAddress))
    return endpoint
  }

  const isFound = ({ node: { neighbourhood } }: LoopbackEndpoint): boolean => neighbourhood.need === 'none'

  it('brings a newcomer to its swarm by a node of another one, and keeps that one as a guest', async () => {
    const all: LoopbackEndpoint[] = []
    // Each knows one other, of another swarm; so a swarm comes together by the DHT alone.
    for (let i = 0; i < NODES; i++) all.push(await node(swarm(i % SWARMS), i === 0 ? undefined : all[i - 1]))
    await network.settle(() => all.every(isFound))
    const newcomer = await node(swarm(0), all[1])
    await network.settle(() => isFound(newcomer))
    const own = new Set(all.filter((_, i) => i % SWARMS === 0).map(({ node }) => node.libp2p.peerId.toString()))
    const peers = newcomer.node.libp2p.getPeers().map(String)
    assert(peers.some(peer => own.has(peer)))
    assert(
      peers.some(peer => !own.has(peer)),
      'those of other swarms stay connected'
    )
    assert(newcomer.node.neighbourhood.contacts <= own.size, 'and are not in its book')
    assert(newcomer.node.bytes.sent > 0 && newcomer.node.bytes.received > 0)
  })
})

describe('an invite whose peers are all gone', function () {
  this.timeout(300_000)
  const LOOPBACK = ['--listen', '/ip4/127.0.0.1/tcp/0'] as const
  let folder: string

  before(async () => {
    folder = await makeTemporaryFolder()
  })

  after(async () => {
    await killAll()
    await removeFolder(folder)
  })

  async function create(home: string): Promise<string> {
    const { code, stdout, stderr } = await run(
      ...['swarm', 'create', 'digits', '--forever', '--name', home, '--home', join(folder, home), ...LOOPBACK]
    )
    assert.equal(code, 0, stderr)
    return stdout.trim()
  }

  it('leads to its swarm all the same, by any Starlings node that is alive', async () => {
    const link = await create('ours')
    await create('theirs')
    const hub = start('node', '--home', join(folder, 'theirs'), '--dht')
    await hub.line(line => line === 'friends take part with')
    const through = /\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\w+/.exec(hub.output().stdout)?.[0]
    assert.ok(through !== undefined)
    const ours = start('node', '--home', join(folder, 'ours'), '--bootstrap', through)
    await ours.line(line => line === 'friends take part with')
    const { publicKey } = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
    const dead = makeInvite({
      swarmId: swarmIdOf(readInvite(link).swarm),
      key: undefined,
      // Nobody listens on the discard port.
      peers: [{ key: toHex(publicKey.raw), addresses: ['/ip4/127.0.0.1/tcp/9'] }]
    })
    const joiner = start(
      ...['join', inviteLink(dead), '--yes', '--home', join(folder, 'new'), '--bootstrap', through, ...LOOPBACK]
    )
    await Promise.all([joiner, ours].map(each => each.line(line => / joined \(1 neighbour/.test(line))))
  })
})
