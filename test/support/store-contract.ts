/** What every {@link Store} does; each implementation runs this suite. */
import assert from 'node:assert/strict'
import type { Store, StoreChange } from '#src/interface.js'

export interface StoreFactory {
  /** An empty store. */
  create(): Promise<Store>
  /** Opens what the closed store had written; absent where nothing outlives closing. */
  reopen?(closed: Store): Promise<Store>
  /** Lets go of everything, files included. */
  dispose?(): Promise<void>
  /** Runs a promise to its end; for stores on virtual time. @default awaits it */
  finish?<T>(promise: Promise<T>): Promise<T>
}

const DURABLE = { durable: true }
const LAZY = { durable: false }

/** Registers the suite with mocha. */
export function storeContract(name: string, factory: StoreFactory): void {
  const finish = factory.finish ?? (<T>(promise: Promise<T>) => promise)

  async function entries(store: Store, prefix = ''): Promise<[string, number[]][]> {
    const out: [string, number[]][] = []
    const run = async () => {
      for await (const [key, value] of store.read(prefix)) out.push([key, [...value]])
    }
    await finish(run())
    return out
  }
  const put = (key: string, ...bytes: number[]): StoreChange => ({ key, value: Uint8Array.from(bytes) })
  const remove = (key: string): StoreChange => ({ key, value: null })

  describe(`${name} as a store`, () => {
    let store: Store
    beforeEach(async () => {
      store = await factory.create()
    })
    afterEach(async () => {
      await finish(store.close())
      await factory.dispose?.()
    })
    const again = async () => {
      if (factory.reopen === undefined) return
      await finish(store.close())
      store = await factory.reopen(store)
    }

    it('begins with nothing', async () => {
      assert.deepEqual(await entries(store), [])
      assert.equal(await finish(store.marked()), null)
    })

    it('gives back what was written, in the order of keys, those of a prefix only', async () => {
      await finish(store.write([put('b/2', 2), put('c', 4), put('b/1', 1)], DURABLE))
      await finish(store.write([put('a', 0), put('b/10', 3)], LAZY))
      const all = [
        ['a', [0]],
        ['b/1', [1]],
        ['b/10', [3]],
        ['b/2', [2]],
        ['c', [4]]
      ]
      assert.deepEqual(await entries(store), all)
      await again()
      assert.deepEqual(await entries(store), all)
      assert.deepEqual(await entries(store, 'b/'), all.slice(1, 4))
      assert.deepEqual(await entries(store, 'b/1'), all.slice(1, 3))
      assert.deepEqual(await entries(store, 'd'), [])
    })

    it('overwrites and deletes', async () => {
      await finish(store.write([put('a', 1), put('b', 2), put('c', 3)], DURABLE))
      await finish(store.write([put('a', 4, 5), remove('b'), remove('nothing')], DURABLE))
      await again()
      assert.deepEqual(await entries(store), [
        ['a', [4, 5]],
        ['c', [3]]
      ])
    })

    it('takes changes in their order, in one write and in successive ones', async () => {
      const writes = [
        store.write([put('a', 1), remove('a'), put('a', 2)], DURABLE),
        store.write([put('a', 3), put('b', 1), remove('b')], LAZY),
        store.write([put('c', 1)], DURABLE)
      ]
      await finish(Promise.all(writes))
      await again()
      assert.deepEqual(await entries(store), [
        ['a', [3]],
        ['c', [1]]
      ])
    })

    it('keeps an empty value and a large one, and takes no change at all', async () => {
      const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >>> 7)
      await finish(store.write([], DURABLE))
      await finish(store.write([{ key: 'large', value: large }, put('empty')], DURABLE))
      await again()
      const found = await entries(store)
      assert.deepEqual(
        found.map(([key, value]) => [key, value.length]),
        [
          ['empty', 0],
          ['large', large.length]
        ]
      )
      assert.ok(found[1]![1].every((byte, i) => byte === large[i]))
    })

    it('gives each reader its own bytes', async () => {
      await finish(store.write([put('a', 1), put('b', 2)], DURABLE))
      const first: Uint8Array[] = []
      const run = async () => {
        for await (const [, value] of store.read('')) first.push(value)
      }
      await finish(run())
      assert.deepEqual(
        first.map(value => [...value]),
        [[1], [2]]
      )
    })

    it('remembers the newest mark', async () => {
      await finish(store.mark(7))
      assert.equal(await finish(store.marked()), 7)
      await finish(store.mark(2 ** 40 - 1))
      await finish(store.mark(300))
      await again()
      assert.equal(await finish(store.marked()), 300)
      assert.deepEqual(await entries(store), [], 'a mark is no entry')
    })

    it('closes twice, and refuses everything afterwards', async () => {
      await finish(store.close())
      await finish(store.close())
      await assert.rejects(finish(store.write([put('a', 1)], LAZY)))
      await assert.rejects(finish(store.mark(1)))
      await assert.rejects(finish(store.marked()))
      await assert.rejects(entries(store))
    })
  })
}
