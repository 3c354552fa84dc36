import assert from 'node:assert/strict'
import type { Trainer } from '#src/interface.js'
import { systemClock } from '#src/net/clock.js'
import { createLocalPeer, type LocalPeer } from '#src/node/local-peer.js'
import { MEGABYTE } from '#src/node/upkeep/day-bytes.js'
import { createUpkeep, type Upkeep } from '#src/node/upkeep/upkeep.js'
import type { PeerEvents } from '#src/peer/events.js'
import { createSyntheticTrainer } from '#src/sim/trainer.js'
import { testManifest } from '../support/flock.js'

const manifest = testManifest({
  stop: { epochs: 100_000 },
  clock: { minEpochMs: 100, maxEpochMs: 2000, graceMs: 200, aloneGraceMs: 500 }
})

describe('the upkeep of a node', function () {
  this.timeout(120_000)
  const peers: LocalPeer[] = []
  let upkeep: Upkeep | undefined

  async function peer(number: number): Promise<LocalPeer> {
    const { tensors } = manifest.params
    const trainer: Trainer = createSyntheticTrainer({ tensors, seed: 1, peer: number, clock: systemClock, stepMs: 2 })
    const local = await createLocalPeer({ manifest, listen: ['/ip4/127.0.0.1/tcp/0'], trainer, pulseMs: 500 })
    peers.push(local)
    return local
  }

  /** Resolves with the next such event. */
  const next = <Name extends keyof PeerEvents>(
    { peer }: LocalPeer,
    name: Name,
    holds: (event: PeerEvents[Name]) => boolean = () => true
  ) =>
    new Promise<PeerEvents[Name]>(resolve => {
      const off = peer.on(name, event => {
        if (!holds(event)) return
        off()
        resolve(event)
      })
    })

  afterEach(async () => {
    await upkeep?.stop()
    await Promise.all(peers.splice(0).map(local => local.stop()))
  })

  it('takes a peer off the air when the bytes of the day are spent, and puts it back on the next day', async () => {
    let wall = new Date(2026, 10, 20, 12)
    const [limited, other] = [await peer(0), await peer(1)]
    const said: string[] = []
    const warned: string[] = []
    await limited.peer.start()
    await other.peer.start()
    const met = next(limited, 'neighbour', ({ connected }) => connected)
    other.dial(limited.addresses())
    await met
    const resting = next(limited, 'resting')
    const left = next(other, 'neighbour', ({ connected }) => !connected)
    const maxMbPerDay = 0.03
    upkeep = await createUpkeep({
      local: limited,
      manifest,
      clock: systemClock,
      wall: () => wall,
      limits: { maxMbPerDay },
      facts: () => ({ phase: 'training', accuracy: null }),
      say: line => said.push(line),
      warn: line => warned.push(line),
      leave: () => undefined
    })
    assert.deepEqual(await resting, { reasons: ['bytes'] })
    assert.equal(upkeep.isShut, true)
    await left
    const spent = upkeep.status().bytes.today
    assert.ok(spent.sent + spent.received < 3 * maxMbPerDay * MEGABYTE)
    await next(other, 'alone')
    // It is knocked at all the time, and nothing comes of it.
    const { sent, received } = upkeep.status().bytes.today
    assert.ok(sent + received - spent.sent - spent.received < 2000, `${sent + received} bytes`)
    assert.equal(limited.peer.status().neighbours, 0)
    assert.match(warned.join('\n'), /used: off the air until midnight/)
    assert.match(said.join('\n'), /off the air until .*forgets nothing/)

    const { epoch } = limited.peer.status()
    const back = next(limited, 'neighbour', ({ connected }) => connected)
    wall = new Date(2026, 10, 21, 0, 0, 1)
    await back
    assert.equal(upkeep.isShut, false)
    await next(limited, 'epoch', report => report.epoch > epoch + 2)
    assert.match(said.join('\n'), /a new day: on the air again/)
    assert.ok(upkeep.status().bytes.total.sent > sent)
  })

  it('tells when the clock of the machine leaps', async () => {
    let wall = Date.UTC(2026, 10, 20)
    const said: string[] = []
    const local = await peer(0)
    const told = new Promise<void>(resolve => {
      void createUpkeep({
        local,
        manifest,
        clock: systemClock,
        wall: () => new Date(wall),
        limits: {},
        facts: () => ({ phase: 'training', accuracy: null }),
        say(line) {
          said.push(line)
          resolve()
        },
        warn: () => undefined,
        leave: () => undefined
      }).then(made => {
        upkeep = made
        wall += 2 * 3_600_000
      })
    })
    await told
    assert.match(said.join(), /slept for about 120 min, or its clock was set forward/)
  })
})
