import assert from 'node:assert/strict'
import { createRandom } from '#src/core/random.js'
import type { Store } from '#src/interface.js'
import { createVirtualClock, type VirtualClock } from '#src/sim/clock.js'
import { createVirtualDisk, type VirtualDisk } from '#src/sim/disk.js'
import { drain } from '../support/flock.js'
import { storeContract } from '../support/store-contract.js'

async function finish<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let done = false
  const end = () => {
    done = true
  }
  promise.then(end, end)
  for (;;) {
    await drain()
    if (done) return promise
    assert.ok(clock.step(), 'nothing more happens')
  }
}

{
  const clock = createVirtualClock()
  let disk: VirtualDisk
  storeContract('a virtual disk', {
    async create() {
      disk = createVirtualDisk({ clock, random: createRandom(1) })
      return disk.open()
    },
    reopen: async () => disk.open(),
    finish: promise => finish(clock, promise)
  })
}

describe('a virtual disk', () => {
  const DURABLE = { durable: true }
  const LAZY = { durable: false }
  let clock: VirtualClock
  let disk: VirtualDisk
  let store: Store
  function begin(seed: number): void {
    clock = createVirtualClock()
    disk = createVirtualDisk({ clock, random: createRandom(seed) })
    store = disk.open()
  }
  beforeEach(() => begin(1))

  const put = (key: string, byte: number, options: { durable: boolean }) =>
    store.write([{ key, value: Uint8Array.of(byte, byte, byte) }], options)
  const done = <T>(promise: Promise<T>) => finish(clock, promise)
  async function keys(): Promise<string> {
    const out: string[] = []
    const run = async () => {
      for await (const [key] of store.read('')) out.push(key)
    }
    await done(run())
    return out.join('')
  }
  /** What is there after a crash, over many seeds. */
  async function outcomes(live: () => Promise<void>, how: 'kept' | 'torn' | 'lost' = 'kept'): Promise<string[]> {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 60; seed++) {
      begin(seed)
      await live()
      disk.crash(how)
      store = disk.open()
      seen.add(await keys())
    }
    return [...seen].sort()
  }

  it('keeps through a crash what was durable, and of the rest a part without gaps', async () => {
    const found = await outcomes(async () => {
      await done(put('a', 1, DURABLE))
      await done(put('b', 2, LAZY))
      await done(put('c', 3, LAZY))
      void put('d', 4, DURABLE) // on its way
    })
    assert.deepEqual(found, ['a', 'ab', 'abc', 'abcd'])
  })

  it('makes everything before a durable batch durable', async () => {
    const found = await outcomes(async () => {
      await done(put('a', 1, LAZY))
      await done(put('b', 2, DURABLE))
    })
    assert.deepEqual(found, ['ab'])
  })

  it('never writes half a batch', async () => {
    const found = await outcomes(async () => {
      const value = Uint8Array.of(1)
      void store.write(
        ['a', 'b', 'c'].map(key => ({ key, value })),
        DURABLE
      )
    })
    assert.deepEqual(found, ['', 'abc'])
  })

  it('loses what a lying disk called durable', async () => {
    await done(put('a', 1, DURABLE))
    disk.fault = 'lying'
    await done(put('b', 2, DURABLE))
    await done(store.mark(7))
    assert.equal(await keys(), 'ab')
    assert.deepEqual(disk.crash('kept'), { lost: false, damaged: null, lied: 2 })
    store = disk.open()
    assert.equal(await keys(), 'a')
    assert.equal(await done(store.marked()), null)
  })

  it('marks when it is full, and refuses both when it is read-only; what is there can be read', async () => {
    await done(put('a', 1, DURABLE))
    disk.fault = 'full'
    await assert.rejects(done(put('b', 2, DURABLE)), /no space/)
    await done(store.mark(5))
    disk.fault = 'read-only'
    await assert.rejects(done(put('b', 2, LAZY)), /read-only/)
    await assert.rejects(done(store.mark(6)), /read-only/)
    assert.equal(await done(store.marked()), 5)
    assert.equal(await keys(), 'a')
    disk.fault = null
    await done(put('b', 2, DURABLE))
    assert.equal(await keys(), 'ab')
  })

  it('may bring back a refused batch, unless a later one was taken', async () => {
    const refused = async () => {
      await done(put('a', 1, DURABLE))
      disk.fault = 'full'
      await assert.rejects(done(put('b', 2, DURABLE)))
      disk.fault = null
    }
    assert.deepEqual(await outcomes(refused), ['a', 'ab'])
    const later = async () => {
      await refused()
      await done(put('c', 3, DURABLE))
    }
    assert.deepEqual(await outcomes(later), ['ac'])
  })

  it('damages one record in a torn crash', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      begin(seed)
      await done(put('a', 1, DURABLE))
      await done(put('b', 2, DURABLE))
      const { damaged } = disk.crash('torn')
      store = disk.open()
      const run = async () => {
        for await (const [key, value] of store.read('')) {
          const whole = value.length === 3 && value.every(byte => byte === value.length - 2 + (key === 'b' ? 1 : 0))
          assert.equal(whole, key !== damaged, `${key} of seed ${seed}: ${value}`)
        }
      }
      await done(run())
    }
  })

  it('loses everything when it is lost', async () => {
    await done(put('a', 1, DURABLE))
    await done(store.mark(3))
    disk.crash('lost')
    store = disk.open()
    assert.equal(await keys(), '')
    assert.equal(await done(store.marked()), null)
  })

  it('does nothing more for a process that crashed', async () => {
    const before = store
    let settled = false
    before.write([{ key: 'z', value: Uint8Array.of(1) }], DURABLE).then(
      () => (settled = true),
      () => (settled = true)
    )
    disk.crash('kept')
    store = disk.open()
    void before.write([{ key: 'y', value: Uint8Array.of(1) }], DURABLE)
    await done(put('a', 1, DURABLE))
    assert.ok(!settled)
    assert.ok(!(await keys()).includes('y'))
  })

  it('is open in one process at a time', async () => {
    assert.throws(() => disk.open(), /another process/)
    await done(store.close())
    store = disk.open()
  })

  it('tells how much it holds', async () => {
    await done(put('a', 1, DURABLE))
    await done(put('b', 1, LAZY))
    assert.equal(disk.bytes(), 8)
    await done(store.write([{ key: 'a', value: null }], LAZY))
    assert.equal(disk.bytes(), 4)
  })
})
