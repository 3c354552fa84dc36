/** What a store of a home does on a disk that fills up and turns read-only; run by the tests in a mount namespace. */
import '#src/node/shim.js'
import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { Home } from '#src/node/store/home.js'
import { createManifest } from '#src/train/manifest.js'
import { contents, openStore } from './homes.js'
import { mountTinyDisk } from './tiny-disk.js'

const [folder = ''] = process.argv.slice(2)
const DURABLE = { durable: true }
const put = (key: string, length: number) => [{ key, value: new Uint8Array(length).fill(key.charCodeAt(0)) }]

const disk = await mountTinyDisk(folder, 16 * 2 ** 20)
let { store } = await openStore(folder)
await store.write(put('a', 3000), DURABLE)
await store.mark(1)

await disk.fill()
// A page may have room left.
await assert.rejects(store.write(put('b', 100_000), DURABLE), /state: no space left on the disk/)
await store.mark(2)
await assert.rejects(store.write(put('c', 1), { durable: false }), /no space left on the disk/)
await store.mark(3)
assert.equal(await store.marked(), 3)

await disk.free()
await store.write(put('d', 3000), DURABLE)
const kept = await contents(store)
assert.match(kept, /^a=/m)
assert.match(kept, /^d=/m)
await store.close()
;({ store } = await openStore(folder))
assert.equal(await contents(store), kept)

await disk.readOnly(true)
await assert.rejects(store.mark(4), /mark: the file system is read-only/)
// The log that is open takes some more; the next one cannot be made.
await assert.rejects(async () => {
  for (let i = 0; i < 3; i++) await store.write(put('e', 4_500_000), DURABLE)
}, /state: the file system is read-only/)
await assert.rejects(store.write(put('f', 1), DURABLE), /the file system is read-only/)
await disk.readOnly(false)
await store.write(put('g', 3000), DURABLE)
await store.mark(5)
await store.close()
;({ store } = await openStore(folder))
assert.match(await contents(store), /^g=/m)
assert.equal(await store.marked(), 5)
await store.close()

// A home where nothing can be made is refused in words, and is not harmed.
const manifest = createManifest({ task: { kind: 'digits' }, seed: 1, expectedPeers: 2 })
const path = join(folder, 'home')
const home = await Home.open(path, { manifest })
await home.close()
await disk.readOnly(true)
await assert.rejects(Home.open(path), /--home .*the file system is read-only; make the folder writable/)
await assert.rejects(Home.open(join(folder, 'other'), { manifest }), /the file system is read-only; choose another/)
await disk.readOnly(false)
await disk.fill()
await assert.rejects(Home.open(path), /--home .*no space left on the disk; .*free some space/)
await disk.free()
const again = await Home.open(path)
assert.equal(again.state, 'sound')
assert.deepEqual(again.warnings, [])
assert.deepEqual(again.privateKey.raw, home.privateKey.raw)
await again.close()
await access(join(path, 'identity.key'))
console.log('done')
