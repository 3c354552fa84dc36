/** Kills a peer at random moments and starts it again, in a small swarm of processes over loopback. */
import '#src/node/shim.js'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { createRandom, type Random } from '#src/core/random.js'
import { createManifest } from '#src/train/manifest.js'
import { type Before, checkResume, epochsLost } from './kill9/check.js'
import { Life } from './kill9/life.js'
import type { PeerInput, PeerLine, Standing } from './kill9/lines.js'
import { createObserver } from './kill9/observer.js'

const whole = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It takes a whole number.')
}
const options = new Command('npm run kill9 --')
  .description('Kills a peer with a home at random moments, and checks that it goes on where it stood.')
  .option('--times <N>', 'how often', whole, 200)
  .option('--seed <N>', 'of the moments (default: a new one, which is printed)', whole)
  .option('--json', 'print a summary as JSON in the last line')
  .parse()
  .opts<{ times: number; seed?: number; json?: boolean }>()
const seed = options.seed ?? randomInt(2 ** 31)
const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

/** Epochs short enough that each life goes through some. */
const manifest = createManifest({
  task: { kind: 'digits' },
  seed: 1,
  epochs: null,
  expectedPeers: 4,
  clock: { minEpochMs: 400, maxEpochMs: 2000, minDeadlineMs: 300, graceMs: 500, aloneGraceMs: 2000 }
})
const folder = await mkdtemp(join(tmpdir(), 'starlings-kill9-'))
const startedAt = performance.now()
const wrong: string[] = []
/** Killed side by side: two of four peers are always there. */
const VICTIMS = 2
const victims: string[] = []
const count = { kills: 0, resumed: 0, early: 0, mostLost: 0, lost: 0 }

console.log(`kill -9 at ${options.times} moments, seed ${seed}`)
const manifestFile = join(folder, 'manifest.json')
await writeFile(manifestFile, JSON.stringify(manifest))
const observer = await createObserver(manifest)
await observer.local.peer.start()
const input = { manifest: manifestFile, listen: LOOPBACK, number: 1, dial: observer.local.addresses() }
const steady = new Life(input)
const { addresses } = await steady.ready
try {
  await Promise.all(
    Array.from({ length: VICTIMS }, (_, index) => {
      const dial = [...input.dial, ...addresses]
      const victim = { ...input, number: 2 + index, dial, home: join(folder, `home-${index}`) }
      const times = Math.ceil((options.times - index) / VICTIMS)
      return run(victim, times, createRandom(seed, index))
    })
  )
} finally {
  await steady.kill()
  await observer.local.stop()
  await rm(folder, { recursive: true })
}
report()

/** The first life is awaited; after that a kill comes whenever it comes, and each next life that gets ready is checked. */
async function run(victim: PeerInput, times: number, random: Random): Promise<void> {
  if (times === 0) return
  const fail = (text: string): unknown => wrong.push(`peer ${victim.number}, kill ${kills}: ${text}`)
  let kills = 0
  let life = new Life(victim)
  const { key } = await life.ready
  victims.push(key)
  let before: Before = { key, standing: await firstUpdate(life) }
  /** Kills that no life has come back from yet. */
  let open = 0
  for (;;) {
    await moment(random, life).catch(error => fail(error.message))
    if (life.failure !== undefined) return void fail(life.failure)
    await life.kill()
    count.kills++
    kills++
    if (!life.lines.some(({ type }) => type === 'ready')) count.early++
    const lost = epochsLost(life.lines)
    count.mostLost = Math.max(count.mostLost, lost)
    count.lost += lost
    if (lost > 1) fail(`${lost} epochs' own work lost`)
    before = { key, standing: newest(before.standing, life.lines) }
    open++
    life = new Life(victim)
    const last = kills >= times
    // A fifth of the kills comes while the peer starts.
    if (!last && random.below(5) === 0) continue
    const ready = await life.ready.catch(error => void fail(String(error)))
    if (ready === undefined) return
    const complaints = checkResume(before, ready)
    for (const complaint of complaints) fail(complaint)
    if (complaints.length === 0) count.resumed += open
    open = 0
    if (kills % 10 === 0) console.log(`${count.resumed} of ${count.kills} resumed, at epoch ${ready.epoch}`)
    if (last) break
  }
  await firstUpdate(life).catch(error => fail(error.message))
  // On a busy machine few lives last until the others have heard of them.
  await Promise.race([observer.hears(key), patience()]).catch(error => fail(error.message))
  await life.kill()
}

/** A life that publishes is one that takes part. */
function firstUpdate(life: Life): Promise<Standing> {
  const update = new Promise<Standing>(resolve => {
    const look = (line: PeerLine): void => {
      if (line.type === 'signed') resolve(line)
    }
    life.lines.forEach(look)
    life.onLine(look)
  })
  return Promise.race([update, patience()])
}

/** While it starts, while it listens, around the storing of an update, or any time between two. */
async function moment(random: Random, life: Life): Promise<void> {
  const kind = random.below(5)
  const ready = life.lines.some(({ type }) => type === 'ready')
  if (!ready || kind < 2) return sleep(random.below(1000))
  // On a busy machine it listens for a while; one that never trains again has failed.
  await Promise.race([trained(life), life.ended, patience()])
  await sleep(random.below(kind === 2 ? 250 : 15))
}

function patience(): Promise<never> {
  return sleep(60_000, undefined, { ref: false }).then(() => {
    throw new Error('a peer did not train, or was not heard, within a minute')
  })
}

function trained(life: Life): Promise<void> {
  return new Promise(resolve => life.onLine(({ type }) => type === 'trained' && resolve()))
}

function newest(standing: Standing, lines: readonly PeerLine[]): Standing {
  return lines.reduce((newest, line) => {
    if (line.type !== 'signed' && line.type !== 'ready') return newest
    return line.signedEpoch >= newest.signedEpoch ? line : newest
  }, standing)
}

function report(): void {
  const published = victims.flatMap(key => [...observer.signed(key)])
  const twice = published.filter(([, contents]) => contents.size > 1).map(([epoch]) => epoch)
  if (twice.length > 0) wrong.push(`two updates of one epoch: ${twice.join(', ')}`)
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  for (const complaint of wrong) console.log(`FAILED  ${complaint}`)
  console.log(
    `${count.resumed} of ${count.kills} resumed (${count.early} killed while starting); ${twice.length} epochs signed twice ` +
      `of ${published.length} published; at most ${count.mostLost} epoch's own work lost, ${count.lost} in all; ${seconds} s`
  )
  if (options.json)
    console.log(
      JSON.stringify({
        type: 'summary',
        seed,
        kills: count.kills,
        resumed: count.resumed,
        killedWhileStarting: count.early,
        published: published.length,
        signedTwice: twice.length,
        mostEpochsLost: count.mostLost,
        epochsLost: count.lost,
        wallSeconds: seconds,
        failures: wrong
      })
    )
  if (wrong.length > 0 || count.resumed < options.times) process.exitCode = 1
  // libp2p may leave a timer behind.
  setImmediate(() => process.exit())
}
