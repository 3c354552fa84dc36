/** How often a DHT is bothered, what it may store here, and what `--bootstrap` takes. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Key } from 'interface-datastore'
import { createRandom } from '#src/core/random.js'
import { absoluteBootstrap, readBootstrap } from '#src/node/discovery/bootstrap.js'
import { BoundedDatastore } from '#src/node/discovery/bounded-datastore.js'
import { createPace } from '#src/node/discovery/pace.js'
import { planDiscovery } from '#src/node/discovery/plan.js'
import { createManualClock } from '../support/net-clock.js'

const HOUR = 3_600_000
const SWARM = 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

describe('the pace of a DHT', () => {
  const make = () => {
    const clock = createManualClock()
    return { clock, pace: createPace(clock, createRandom(1)) }
  }

  it('tells of a peer again when nobody was told, when twice as many are met, and every few hours', () => {
    const { clock, pace } = make()
    pace.met(1)
    assert(pace.isTimeToProvide())
    clock.advance(60_000)
    assert(!pace.isTimeToProvide(), 'it is still at it')
    pace.provided(0)
    assert(!pace.isTimeToProvide())
    clock.advance(3000)
    assert(pace.isTimeToProvide())
    pace.provided(1)
    clock.advance(HOUR)
    assert(!pace.isTimeToProvide())
    pace.met(2)
    assert(pace.isTimeToProvide())
    pace.provided(2)
    for (const count of [1, 2, 3]) pace.met(count)
    clock.advance(HOUR)
    assert(!pace.isTimeToProvide())
    clock.advance(2 * HOUR)
    assert(pace.isTimeToProvide())
  })

  it('asks seldomer the longer it finds nobody, not at all when there are enough, and at once when that changes', () => {
    const { clock, pace } = make()
    let asked = 0
    for (let second = 0; second < 3600; second++, clock.advance(1000)) if (pace.isTimeToFind('all')) asked++
    assert(asked > 50 && asked < 70, `${asked} times in an hour`)
    assert(!pace.isTimeToFind('none'))
    clock.advance(HOUR)
    assert(!pace.isTimeToFind('none'))
    assert(pace.isTimeToFind('some'))
    assert(!pace.isTimeToFind('some'))
    assert(pace.isTimeToFind('all'))
    assert(!pace.isTimeToFind('all'))
  })
})

describe('what a DHT stores here', () => {
  it('is bounded in number and size, and the oldest goes', async () => {
    const store = new BoundedDatastore(2, 4)
    for (const name of ['/a', '/b', '/a', '/c']) await store.put(new Key(name), Uint8Array.of(1))
    assert.deepEqual(
      ['/a', '/b', '/c'].map(name => store.has(new Key(name))),
      [true, false, true]
    )
    assert.throws(() => store.put(new Key('/d'), new Uint8Array(5)), RangeError)
    await store.delete(new Key('/a'))
    for (const name of ['/d', '/e']) await store.put(new Key(name), Uint8Array.of(1))
    assert(!store.has(new Key('/c')))
  })
})

describe('--bootstrap', () => {
  const ADDRESS = '/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWFHPAQThoHk48sm21aQGq7qH9AEaMhTu5m73fwtmxrFRt'
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-bootstrap-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('takes addresses, and files of them with remarks', async () => {
    const file = join(folder, 'friends.txt')
    await writeFile(file, `# friends\n\n${ADDRESS}  # Ada\r\n/dns4/example.org/tcp/4001\n${ADDRESS}\n`)
    assert.deepEqual(await readBootstrap([ADDRESS, file]), [ADDRESS, '/dns4/example.org/tcp/4001'])
    assert.deepEqual(absoluteBootstrap([ADDRESS, 'friends.txt']), [ADDRESS, resolve('friends.txt')])
  })

  it('says which file and line is wrong, and that a word is neither', async () => {
    const file = join(folder, 'friends.txt')
    await writeFile(file, `${ADDRESS}\n\n192.0.2.7:4001\n`)
    await assert.rejects(readBootstrap([file]), { name: 'InputError', message: /friends\.txt:3: .*192\.0\.2\.7:4001/ })
    await writeFile(file, '# nobody\n')
    await assert.rejects(readBootstrap([file]), { name: 'InputError', message: /no address in it/ })
    const missing = readBootstrap([join(folder, 'none.txt')])
    await assert.rejects(missing, { name: 'UsageError', message: /no multiaddr of a peer, and as a file no such file/ })
  })
})

describe('the plan of looking for peers', () => {
  const names = async (plan: Partial<Parameters<typeof planDiscovery>[0]>) =>
    (await planDiscovery({ swarmId: SWARM, listen: ['/ip4/0.0.0.0/tcp/0'], ...plan })).flatMap(({ services }) =>
      Object.keys(services)
    )

  it('leaves the network in peace when only this machine can be reached, or when told so', async () => {
    const local = ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0']
    assert.deepEqual(await names({}), ['mdns', 'dht'])
    assert.deepEqual(await names({ mdns: false }), ['dht'])
    assert.deepEqual(await names({ dht: false }), ['mdns'])
    assert.deepEqual(await names({ listen: local }), [])
    assert.deepEqual(await names({ listen: local, bootstrap: ['/ip4/127.0.0.1/tcp/1'] }), ['dht'])
    assert.deepEqual(await names({ listen: local, dht: true }), ['dht'])
  })
})
