import assert from 'node:assert/strict'
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createDoor, type Door } from '#src/net/door.js'
import { generateIdentity, peerIdOfKey } from '#src/net/identity.js'

/** Both ends of a connection, as far as doors look at them. */
interface End {
  connection: Connection
  admitted: boolean
  aborted: boolean
}

describe('two dials that meet through a relay', () => {
  let lower: string
  let higher: string
  before(async () => {
    const keys = await Promise.all([generateIdentity(), generateIdentity()])
    ;[lower, higher] = keys.map(({ identity }) => identity.key).sort() as [string, string]
  })

  function side(self: string, other: PeerId) {
    const door: Door = createDoor()
    const relay = peerIdOfKey(lower)
    const address = multiaddr(`/ip4/192.0.2.1/tcp/1/ws/p2p/${relay}/p2p-circuit/webrtc/p2p/${other}`)
    const ends: End[] = []
    const make = (direction: 'inbound' | 'outbound', limits?: object): End => {
      const end: End = { connection: undefined as never, admitted: false, aborted: false }
      end.connection = {
        remotePeer: other,
        remoteAddr: limits === undefined && direction === 'inbound' ? multiaddr(`/webrtc/p2p/${other}`) : address,
        direction,
        limits,
        status: 'open',
        timeline: { open: Date.now() },
        abort: () => {
          end.aborted = true
        },
        close: async () => {}
      } as unknown as Connection
      return end
    }
    const introduction = { ...make('outbound', { seconds: 120 }), admitted: true }
    ends.push(introduction)
    door.open({
      self,
      libp2p: {
        getConnections: () =>
          ends.filter(({ admitted, aborted }) => admitted && !aborted).map(({ connection }) => connection),
        getDialQueue: () => [],
        addEventListener: () => {}
      },
      isNeighbour: () => false,
      isFull: () => false,
      hasJustDialled: () => true
    })
    return {
      take(direction: 'inbound' | 'outbound'): End {
        const end = make(direction)
        const { remoteAddr } = end.connection
        end.admitted =
          direction === 'inbound' ? door.admitsInbound(other, remoteAddr) : door.admitsOutbound(other, remoteAddr)
        ends.push(end)
        return end
      }
    }
  }

  function* orders<T>(items: readonly T[]): Generator<readonly T[]> {
    if (items.length < 2) yield items
    for (const [i, first] of items.entries())
      if (items.length > 1) for (const rest of orders(items.toSpliced(i, 1))) yield [first, ...rest]
  }

  it('leave the one of the lower key, on both sides, in whatever order their four ends come', () => {
    let tried = 0
    for (const order of orders(['lower out', 'higher in', 'higher out', 'lower in'] as const)) {
      const sides = { lower: side(lower, peerIdOfKey(higher)), higher: side(higher, peerIdOfKey(lower)) }
      const ends = new Map<string, End>()
      for (const event of order) {
        const [who, way] = event.split(' ') as ['lower' | 'higher', 'in' | 'out']
        ends.set(event, sides[who].take(way === 'in' ? 'inbound' : 'outbound'))
      }
      const lives = (...names: string[]) => names.every(name => ends.get(name)!.admitted && !ends.get(name)!.aborted)
      assert.equal(lives('lower out', 'higher in'), true, order.join(', '))
      assert.equal(lives('higher out', 'lower in'), false, order.join(', '))
      tried++
    }
    assert.equal(tried, 24)
  })
})
