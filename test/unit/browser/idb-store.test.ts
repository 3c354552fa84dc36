import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import { deleteIdbStore, openIdbStore } from '#src/browser/engine/storage/idb-store.js'
import { storeContract } from '../../support/store-contract.js'

describe('a page’s database', () => {
  let name = ''
  let databases = 0

  storeContract('IndexedDB', {
    create: async () => {
      name = `store ${databases++}`
      return openIdbStore(name)
    },
    reopen: () => openIdbStore(name),
    dispose: () => deleteIdbStore(name)
  })

  it('keeps of a view what the view shows', async () => {
    const store = await openIdbStore('views')
    const whole = Uint8Array.of(1, 2, 3, 4)
    await store.write([{ key: 'a', value: whole.subarray(1, 3) }], { durable: true })
    for await (const [, value] of store.read('a')) assert.equal(value.buffer.byteLength, 2)
    await store.close()
  })

  it('is deleted while it is open, and begins afresh', async () => {
    const store = await openIdbStore('deleted')
    await store.write([{ key: 'a', value: Uint8Array.of(1) }], { durable: true })
    await deleteIdbStore('deleted')
    await assert.rejects(store.write([{ key: 'b', value: Uint8Array.of(1) }], { durable: true }))
    const next = await openIdbStore('deleted')
    for await (const [key] of next.read('')) assert.fail(key)
    await next.close()
  })
})
