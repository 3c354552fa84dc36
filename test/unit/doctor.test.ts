import assert from 'node:assert/strict'
import { decodeDialBack, decodeDialBackRequest, encodeDialBack, encodeDialBackRequest } from '#src/net/dial-back.js'
import { diagnose, type Facts, portsOf, type Witness } from '#src/node/reach/diagnosis.js'

const PEER = '12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq'
const HASH = 'uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g'
const AT_HOME = [
  '/ip4/192.168.1.2/tcp/4001',
  '/ip4/192.168.1.2/tcp/4002/ws',
  `/ip4/192.168.1.2/udp/4001/webrtc-direct/certhash/${HASH}`,
  '/ip4/127.0.0.1/tcp/4001'
]

const witness = (more: Partial<Witness> = {}): Witness => ({
  peer: PEER,
  address: '/ip4/11.0.0.1/tcp/4001',
  seenAs: '11.0.0.2',
  tried: [4001, 4002],
  opened: [],
  relays: false,
  stun: false,
  ...more
})

const facts = (more: Partial<Facts> = {}): Facts => ({
  running: false,
  addresses: AT_HOME,
  interfaces: ['127.0.0.1', '192.168.1.2'],
  upnp: true,
  routers: [],
  unanswered: [],
  witnesses: [],
  ...more
})

describe('the doctor', () => {
  it('takes nobody’s word but that of one who came through', () => {
    const verdict = (...witnesses: Witness[]) => diagnose(facts({ witnesses })).verdict
    assert.equal(verdict(), 'unknown')
    assert.equal(verdict(witness({ tried: [] })), 'unknown', 'nothing was tried')
    assert.equal(verdict(witness()), 'not')
    assert.equal(verdict(witness({ opened: [4001] })), 'anywhere')
    assert.equal(verdict(witness({ seenAs: '192.168.1.2', opened: [4001] })), 'network')
    assert.equal(verdict(witness({ seenAs: '::1', opened: [4001] })), 'machine')
    assert.equal(verdict(witness(), witness({ seenAs: '127.0.0.1', opened: [4001] })), 'machine')
    const { seenAs: _, ...silent } = witness()
    assert.equal(verdict(silent), 'unknown')
  })

  it('takes a neighbour that came by itself for a witness, where nobody else could be asked', () => {
    const told = (address: string, ...witnesses: Witness[]) =>
      diagnose(facts({ running: true, arrived: [{ peer: PEER, address }], witnesses }))
    assert.equal(told('/ip4/11.0.0.2/tcp/40000').verdict, 'anywhere')
    assert.equal(told('/ip4/192.168.1.3/tcp/40000').verdict, 'network')
    assert.equal(told('/ip4/127.0.0.1/tcp/40000').verdict, 'machine')
    assert.equal(told('/ip4/192.168.1.3/tcp/40000', witness()).verdict, 'not', 'who was asked knows better')
    const { lines } = told('/ip4/192.168.1.3/tcp/40000')
    assert.ok(lines.includes('12D3KooW…Lr2NASuq connected to it by itself, from 192.168.1.3'))
    assert.ok(!lines.some(line => line.includes('nobody was there')))
  })

  it('says in plain words what is so and what to do, behind a router', () => {
    const { lines, reachable } = diagnose(facts({ witnesses: [witness({ relays: true, stun: true })] }))
    assert.equal(reachable, false)
    assert.deepEqual(lines, [
      'a node started here listens by TCP, WebSocket and WebRTC',
      'this machine has private addresses only, 192.168.1.2: it is behind a router',
      'no router here answered when asked to open ports (UPnP)',
      '12D3KooW…Lr2NASuq at /ip4/11.0.0.1/tcp/4001 sees this node at 11.0.0.2, and cannot open a connection to it; it introduces peers to each other and tells them where they are seen',
      'others cannot reach this node: a router or a firewall is in between',
      'it takes part all the same: it dials others, and peers that both know introduce others to it; through most routers the two then find a direct way (WebRTC)',
      'what to do, if others shall dial it:',
      '  let the router hand on TCP port 4001 and 4002 to this machine, and start it with --announce /ip4/<address of the router>/tcp/<port>',
      '  or switch on UPnP in the router',
      '  or have one node in the open that runs with --relay: it carries everything between those that cannot reach each other'
    ])
  })

  it('says so when nobody there introduces anybody', () => {
    const { lines } = diagnose(facts({ witnesses: [witness()] }))
    assert.ok(lines.some(line => line.includes('nobody it asked introduces others')))
  })

  it('says who finds the node that runs, and by what it is connected', () => {
    const [first, second] = [PEER, PEER.replace('Suq', 'Sur')]
    const circuits = [first, second].map(relay => `/ip4/11.0.0.1/tcp/4001/p2p/${relay}/p2p-circuit`)
    const told = (more: Partial<Facts>) => diagnose(facts({ running: true, ...more })).lines
    const lines = told({
      addresses: [...AT_HOME, ...circuits, `${circuits[0]}/webrtc`],
      neighbours: ['tcp', 'tcp', 'webrtc', 'relayed']
    })
    assert.ok(
      lines.includes('others find it through 12D3KooW…Lr2NASuq and 12D3KooW…Lr2NASur, where it holds a reservation')
    )
    assert.ok(lines.includes('it has 4 neighbours: 2 by TCP, 1 by WebRTC, introduced and 1 through a relay'))
    assert.ok(told({ neighbours: [] }).includes('it has no neighbours just now'))
    assert.ok(told({}).includes('it holds no reservation at a relay'))
    assert.ok(!diagnose(facts()).lines.some(line => line.includes('reservation')))
  })

  it('says what becomes of UDP, by which WebRTC goes', () => {
    const told = (...seen: (string | null)[]) =>
      diagnose(facts({ witnesses: seen.map(udpSeenAs => witness({ udpSeenAs })) })).lines.find(line => /UDP/.test(line))
    assert.equal(
      diagnose(facts({ witnesses: [witness()] })).lines.find(line => line.includes('UDP')),
      undefined
    )
    assert.match(told(null, null) ?? '', /does not get through/)
    assert.match(told('11.0.0.2:7') ?? '', /seen at 11\.0\.0\.2:7; .*second witness/)
    assert.match(told('11.0.0.2:7', '11.0.0.2:7', null) ?? '', /all see it at 11\.0\.0\.2:7: .*most routers/)
    assert.match(told('11.0.0.2:7', '11.0.0.2:8') ?? '', /another port for each destination/)
    assert.match(told('192.168.1.2:7') ?? '', /its own address/)
  })

  it('needs no advice in the open, and tells of a port that a router opened', () => {
    const open = diagnose(
      facts({
        addresses: ['/ip4/11.0.0.2/tcp/4001', ...AT_HOME],
        witnesses: [witness({ opened: [4001], tried: [4001, 4002] })]
      })
    )
    assert.equal(open.reachable, true)
    assert.ok(open.lines.some(line => line.includes('it tells others that 11.0.0.2 leads to it')))
    assert.ok(open.lines.some(line => line.includes('reaches its port 4001, not 4002')))
    assert.equal(open.lines.at(-1), 'others can reach this node from the internet')
    const own = diagnose(facts({ addresses: ['/ip4/11.0.0.2/tcp/4001'], interfaces: ['11.0.0.2'] }))
    assert.ok(own.lines.includes('this machine has a public address, 11.0.0.2'))
  })

  it('says what each router opened, what not and why, and when it leads nowhere', () => {
    const router = { host: '192.168.1.1', outer: '11.0.0.2', opened: [], refused: [] }
    const told = (more: object) =>
      diagnose(facts({ routers: [{ ...router, ...more }] })).lines.filter(line => line.includes('router at'))
    const [port, protocol] = [4001, 'TCP' as const]
    const opened = [
      { protocol, port, outerPort: 4001 },
      { protocol: 'UDP', port, outerPort: 50_123 }
    ]
    assert.deepEqual(told({ opened, refused: [{ protocol, port: 4002, reason: 'it has no free port' }] }), [
      'the router at 192.168.1.1 opened TCP port 4001 and UDP port 4001 as 50123 when asked (UPnP)',
      'the router at 192.168.1.1 did not open TCP port 4002 (UPnP): it has no free port'
    ])
    assert.deepEqual(told({ outer: '10.0.0.2' }), [
      'the router at 192.168.1.1 is itself at 10.0.0.2, which is no public address: another router stands before it'
    ])
    assert.match(told({ outer: null })[0] ?? '', /its line is down/)
  })

  it('knocks at TCP ports of its own only', () => {
    assert.deepEqual(
      portsOf([...AT_HOME, `/ip4/11.0.0.1/tcp/9/p2p/${PEER}/p2p-circuit`, `/p2p/${PEER}/p2p-circuit/webrtc`]),
      [4001, 4002]
    )
  })

  it('asks and is answered in few bytes, which are checked', () => {
    assert.deepEqual(decodeDialBackRequest(encodeDialBackRequest([1, 65_535])), [1, 65_535])
    for (const bytes of [[], [0], [1, 0], [2, 1], [1, 1, 1], [9, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 0xff, 0xff, 0x7f]])
      assert.throws(() => decodeDialBackRequest(Uint8Array.from(bytes)), { name: 'DecodeError' })
    const answer = { host: '2a00::1', open: [true, false] }
    assert.deepEqual(decodeDialBack(encodeDialBack(answer), 2), answer)
    assert.throws(() => decodeDialBack(encodeDialBack(answer), 1), { name: 'DecodeError' })
    assert.throws(() => decodeDialBack(encodeDialBack({ ...answer, host: '\u001b[2J' }), 2), { name: 'DecodeError' })
  })
})
