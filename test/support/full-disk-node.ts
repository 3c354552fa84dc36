/** `starlings node` on a disk that fills up while it trains; run by the tests in a mount namespace. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createManifest } from '#src/train/manifest.js'
import { epochsOf, records, start } from '../e2e/starlings.js'
import { mountTinyDisk } from './tiny-disk.js'

const [folder = ''] = process.argv.slice(2)
const disk = await mountTinyDisk(folder, 16 * 2 ** 20)
const swarm = join(folder, 'swarm.json')
const clock = { minEpochMs: 100, maxEpochMs: 300, minDeadlineMs: 100, graceMs: 100, aloneGraceMs: 100 }
await writeFile(
  swarm,
  JSON.stringify(createManifest({ task: { kind: 'digits' }, seed: 1, epochs: null, expectedPeers: 1, clock }))
)
const home = join(folder, 'home')
const node = start('node', '--home', home, '--swarm', swarm, '--listen', '/ip4/127.0.0.1/tcp/0', '--json')
const isEpoch = (from: number) => (line: string) => Number(/"epoch":(\d+)/.exec(line)?.[1] ?? -1) >= from

await node.line(isEpoch(2))
await disk.fill()
await node.line(line => /warning: .*can no longer be stored .*no space left on the disk/.test(line))
const seen = (): number => Math.max(-1, ...epochsOf(records(node.output().stdout)).map(({ epoch }) => epoch))
// It trains on.
const full = seen()
await node.line(isEpoch(full + 5))
await disk.free()
await node.line(line => /warning: .*the store works again; everything is saved/.test(line))
await node.line(isEpoch(seen() + 2))
const last = seen()
node.process.kill('SIGKILL')
const { stderr } = await node.ended
assert.equal(stderr.match(/can no longer be stored/g)?.length, 1, stderr)

const again = start('node', '--home', home)
const line = await again.line(text => text.startsWith('resumed at epoch'))
const epoch = Number(/epoch ([\d,]+)/.exec(line)?.[1]?.replaceAll(',', ''))
assert.ok(epoch >= last - 1 && epoch > full + 5, `${line}, after epoch ${last}`)
again.process.kill('SIGINT')
assert.equal((await again.ended).code, 0)
console.log('done')
