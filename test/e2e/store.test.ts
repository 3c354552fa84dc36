import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRandom } from '#src/core/random.js'
import type { Store } from '#src/interface.js'
import { MarkFile } from '#src/node/store/mark.js'
import { contents, databaseFiles, makeTemporaryFolder, openStore, removeFolder } from '../support/homes.js'
import { storeContract } from '../support/store-contract.js'
import { IN_NAMESPACE, whyNoNamespace } from '../support/tiny-disk.js'

describe('a database of a home', function () {
  this.timeout(180_000)
  let folder: string
  beforeEach(async () => {
    folder = await makeTemporaryFolder()
  })
  afterEach(() => removeFolder(folder))

  storeContract('LevelDB', {
    create: async () => (await openStore(folder)).store,
    reopen: async () => {
      const { store, how } = await openStore(folder)
      assert.equal(how === 'lost' || how === 'repaired' || how === 'cut', false, how)
      return store
    }
  })

  describe('that was damaged', () => {
    /** What the store held after each of its batches, and the folder as a kill left it. */
    let states: string[]
    let files: Awaited<ReturnType<typeof databaseFiles>>
    beforeEach(async () => {
      const first = await openStore(folder)
      await fill(first.store, 20)
      await first.store.write([{ key: 'swarm', value: Uint8Array.of(1, 2, 3) }], { durable: true })
      await first.store.close()
      // Opening puts what the log held into a table, so there are both.
      const { store } = await openStore(folder)
      states = await fill(store, 30)
      // Copied while it is open: what kill -9 leaves behind.
      files = await databaseFiles(folder)
      await store.close()
    })

    async function reopened(damage: (name: string, bytes: Buffer) => Buffer | undefined) {
      const copy = join(folder, 'copy')
      await removeFolder(copy)
      await mkdir(join(copy, 'state'), { recursive: true })
      for (const { name, bytes } of files) {
        const damaged = damage(name, Buffer.from(bytes))
        if (damaged !== undefined) await writeFile(join(copy, 'state', name), damaged)
      }
      const { store, how, aside } = await openStore(copy)
      const found = await contents(store)
      // It takes what comes, and gives it back.
      await store.write([{ key: 'next', value: Uint8Array.of(1) }], { durable: true })
      await store.close()
      const again = await openStore(copy)
      assert.equal(again.how, 'sound')
      assert.match(await contents(again.store), /^next=AQ==$/m)
      await again.store.close()
      return { found, how, aside }
    }

    it('is as it was when only the process died', async () => {
      const { found, how } = await reopened((_, bytes) => bytes)
      assert.equal(how, 'sound')
      assert.equal(found, states.at(-1))
    })

    it('falls back to the last whole state wherever its log ends', async () => {
      const log = files.find(({ name }) => name.endsWith('.log'))!
      const random = createRandom(5)
      const seen = new Set<number>()
      for (let i = 0; i < 40; i++) {
        const length = random.below(log.bytes.length)
        const { found, how } = await reopened((name, bytes) => (name === log.name ? bytes.subarray(0, length) : bytes))
        assert.notEqual(how, 'lost', `cut to ${length}`)
        const state = states.indexOf(found)
        assert.ok(state >= 0, `cut to ${length}, this was never a state:\n${found}`)
        seen.add(state)
      }
      assert.ok(seen.size > 5, 'several of the states come back')
    })

    it('falls back to the last whole state before a byte that changed', async () => {
      const log = files.find(({ name }) => name.endsWith('.log'))!
      const random = createRandom(6)
      let cut = 0
      for (let i = 0; i < 40; i++) {
        const at = random.below(log.bytes.length)
        const { found, how, aside } = await reopened((name, bytes) => {
          if (name === log.name) bytes[at] = bytes[at]! ^ (1 + random.below(255))
          return bytes
        })
        assert.ok(states.includes(found), `byte ${at} (${how}), this was never a state:\n${found}`)
        if (how !== 'cut') continue
        cut++
        assert.deepEqual((await readFile(join(aside!, log.name))).length, log.bytes.length, 'kept aside')
      }
      assert.ok(cut > 20, `${cut} of 40 were cut`)
    })

    it('falls back to the last whole state before a hole, which a power cut leaves in a log', async () => {
      const log = files.find(({ name }) => name.endsWith('.log'))!
      for (const at of [0, 4096, 32_768, 65_536].filter(at => at + 4096 < log.bytes.length)) {
        const { found, how } = await reopened((name, bytes) =>
          name === log.name ? Buffer.from(bytes.fill(0, at, at + 4096)) : bytes
        )
        assert.equal(how, 'cut')
        assert.ok(states.includes(found), `a hole at ${at}`)
      }
    })

    it('gives a state that was, or says that it is lost, when any of its files is damaged or missing', async () => {
      const random = createRandom(7)
      const all = new Map<string, number>()
      for (let i = 0; i < 60; i++) {
        const victim = files[i % files.length]!
        const kind = random.below(3)
        const { found, how } = await reopened((name, bytes) => {
          if (name !== victim.name) return bytes
          if (kind === 0) return undefined
          const at = random.below(bytes.length)
          if (kind === 1) return bytes.subarray(0, at)
          bytes[at] = bytes[at]! ^ (1 + random.below(255))
          return bytes
        })
        all.set(how, (all.get(how) ?? 0) + 1)
        if (how === 'lost' || how === 'new') assert.equal(found, '')
        else assert.ok(states.includes(found), `${victim.name} ${kind} (${how}), this was never a state:\n${found}`)
      }
      assert.ok((all.get('lost') ?? 0) > 0 && (all.get('repaired') ?? 0) > 0, JSON.stringify([...all]))
    })
  })

  /** In a mount namespace, where there may be one. */
  async function runThere(test: Mocha.Context, program: string): Promise<void> {
    const missing = await whyNoNamespace()
    if (missing !== undefined) {
      console.error(`      no mount namespace here: ${missing.split('\n')[0]}`)
      test.skip()
    }
    const [command, ...args] = IN_NAMESPACE
    const path = fileURLToPath(new URL(`../support/${program}.js`, import.meta.url))
    const { stdout } = await promisify(execFile)(command, [...args, process.execPath, path, folder])
    assert.equal(stdout, 'done\n')
  }

  it('goes on by itself after the disk was full, or read-only', function () {
    return runThere(this, 'full-disk')
  })

  it('holds nobody up while the disk is full: starlings node trains on, and saves all when it can', function () {
    return runThere(this, 'full-disk-node')
  })

  it('keeps its mark through a torn write of it', async () => {
    const path = join(folder, 'mark')
    const mark = new MarkFile(path)
    await mark.create()
    assert.equal(await mark.read(), null)
    for (const epoch of [3, 4, 5]) await mark.write(epoch)
    const whole = await readFile(path)
    for (let at = 0; at < whole.length; at++) {
      const torn = Buffer.from(whole)
      torn[at] = torn[at]! ^ 0x55
      await writeFile(path, torn)
      assert.ok([4, 5].includes((await mark.read()) ?? -1), `byte ${at}`)
    }
    await writeFile(path, whole)
    await mark.create()
    assert.equal(await mark.read(), 5)
    await mark.write(6)
    assert.equal((await readFile(path)).length, whole.length)
  })
})

/** Batches as a peer writes them, small and large, into several blocks of the log. @returns the states after each */
async function fill(store: Store, batches: number): Promise<string[]> {
  const random = createRandom(4 + batches)
  const states = [await contents(store)]
  for (let batch = 0; batch < batches; batch++) {
    const value = () =>
      Uint8Array.from({ length: random.below(batch % 7 === 3 ? 20_000 : 600) }, () => random.below(256))
    const changes = [
      { key: 'own', value: value() },
      { key: `update/${String(batch).padStart(3, '0')}`, value: value() },
      { key: `update/${String(batch - 10).padStart(3, '0')}`, value: null }
    ]
    await store.write(changes, { durable: batch % 3 === 0 })
    states.push(await contents(store))
  }
  return states
}
