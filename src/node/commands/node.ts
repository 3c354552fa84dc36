/** `starlings node`: one peer of a swarm, started by hand. */
import { randomInt } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import { parseListenAddress, parsePeerAddress } from '../../net/address.js'
import { systemClock } from '../../net/clock.js'
import { DEFAULT_DEGREES } from '../../net/policy.js'
import { checkAddresses, keysOf } from '../cli/addresses.js'
import { InputError } from '../cli/errors.js'
import { listenForInterrupts } from '../cli/interrupt.js'
import { readManifest } from '../cli/manifest-file.js'
import type { NodeOptions } from '../cli/options.js'
import { readBootstrap } from '../discovery/bootstrap.js'
import { planDiscovery } from '../discovery/plan.js'
import { type Presented, present } from '../join/present.js'
import { sourceOfNode } from '../join/source.js'
import { createJsonLines } from '../json.js'
import { createLocalPeer, type LocalPeer } from '../local-peer.js'
import { NodeConsole } from '../node-console.js'
import { type NodePlan, planNode, settingsOf, withAnyPort } from '../node-plan.js'
import { takePart } from '../node-session.js'
import { OutFolder } from '../out-folder.js'
import type { WebRTCCertificate } from '../reach/certificate.js'
import { reachOf } from '../reach/plan.js'
import { createRenewals, type Fresh, keepFresh, type Renewals } from '../reach/renewal.js'
import { createRouters, type Routers } from '../reach/router/routers.js'
import { servePageBeside } from '../serve/beside-node.js'
import type { ServedPage } from '../serve/place.js'
import { Home } from '../store/home.js'
import { checkDataFlag } from '../task-plan.js'
import { startTrainerWorker } from '../trainer/index.js'
import { writeModel } from '../write-model.js'

/** Orders of the batches to choose from. */
const ORDERS = 2 ** 16

export async function node(options: NodeOptions): Promise<void> {
  checkAddresses('--peer', options.peer ?? [], parsePeerAddress)
  checkAddresses('--listen', options.listen ?? [], parseListenAddress)
  checkAddresses('--announce', options.announce ?? [], parsePeerAddress)
  const given = options.swarm === undefined ? undefined : await readManifest(options.swarm)
  const home =
    options.home === undefined ? undefined : await Home.open(options.home, { manifest: given, from: options.swarm })
  try {
    const manifest = given ?? home?.manifest
    if (manifest === undefined) throw new TypeError('neither a manifest nor a home')
    if (manifest.params.start === 'given' && home === undefined)
      throw new InputError(
        `--swarm ${options.swarm}: goes on from a trained model, which is not in the manifest; join with an invite, which brings it`
      )
    await runPeer(planNode(options, home), manifest, home)
  } finally {
    await home?.close()
  }
}

/** One peer, from its start to its end. The caller closes the home. */
export async function runPeer(plan: NodePlan, manifest: Manifest, home: Home | undefined): Promise<void> {
  checkDataFlag(manifest.task.kind, plan.data)
  const bootstrap = await readBootstrap(plan.bootstrap ?? [])
  const out = plan.out === undefined ? undefined : await OutFolder.open(plan.out, { replace: plan.force ?? false })
  await out?.write('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`)

  const records = [
    ...(plan.json ? [createJsonLines(process.stdout, () => process.exit(0))] : []),
    ...(out ? [createJsonLines(createWriteStream(out.path('epochs.jsonl')))] : [])
  ]
  const console = new NodeConsole(plan, manifest, records)
  const interrupts = listenForInterrupts(() => console.say('leaving the swarm; Ctrl-C again leaves at once'))
  const worker = startTrainerWorker({ maxCpu: plan.maxCpu || undefined })
  let served: ServedPage | undefined
  let fresh: Fresh | undefined
  try {
    for (const warning of home?.warnings ?? []) console.warn(warning)
    const order = home?.resumed ? randomInt(1, ORDERS) : 0
    const opened = worker.open({ manifest, ...dataOf(plan, manifest), order })
    const kept = await home?.certificate()
    if (kept?.warning !== undefined) console.warn(kept.warning)
    const renewals = createRenewals()
    const { local, routers } = await join(
      plan,
      manifest,
      opened,
      { home, certificate: kept?.certificate, renewals },
      console
    )
    if (home !== undefined && kept !== undefined)
      fresh = keepFresh({
        certificate: kept.certificate,
        kept: () => home.certificate(),
        renewals,
        clock: systemClock,
        warn: message => console.warn(message)
      })
    const trainer = await opened
    for (const warning of local.warnings) console.warn(warning)
    console.listening(local.addresses())
    if (plan.serve !== undefined) {
      served = await servePageBeside({ port: plan.serve, addresses: local.addresses(), home: home?.path })
      for (const line of served.words.flat()) console.say(line)
    }
    const invite = (page = served?.best ?? plan.page): Presented =>
      present(sourceOfNode(local, manifest, home?.swarmKey, fresh?.staleAt()), page)
    console.invite(invite(), plan.qr)
    await remember(home, plan, local, console)
    local.onNobody(efforts => console.nobody(efforts))
    local.introduce(bootstrap)
    const summary = await takePart({
      local,
      trainer,
      manifest,
      options: plan,
      console,
      home,
      invite,
      staleAt: () => fresh?.staleAt(),
      routers: () => routers.facts(),
      signal: interrupts.signal
    })
    if (plan.json) records[0]?.write(summary)
    if (out) {
      await out.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
      await writeModel(out, manifest, local.peer.params())
    }
  } finally {
    console.stop()
    fresh?.stop()
    await Promise.all([worker.stop(), served?.stop()])
    await Promise.all(records.map(lines => lines.end()))
    interrupts.release()
  }
}

/** A disk that is full now may not be at the next start. */
async function remember(home: Home | undefined, plan: NodePlan, local: LocalPeer, console: NodeConsole): Promise<void> {
  // Another port than the remembered one is for this time only.
  const addresses = plan.listenRemembered ? [] : local.addresses()
  await home?.remember(settingsOf(plan, addresses)).catch(error => console.warn(String(error.message)))
}

interface JoinInit {
  readonly home: Home | undefined
  readonly certificate: WebRTCCertificate | undefined
  readonly renewals: Renewals
}

interface Joined {
  readonly local: LocalPeer
  readonly routers: Routers
}

async function join(
  plan: NodePlan,
  manifest: Manifest,
  trainer: Promise<Trainer>,
  { home, certificate, renewals }: JoinInit,
  console: NodeConsole
): Promise<Joined> {
  const create = async (listen: readonly string[]): Promise<Joined> => {
    const routers = createRouters()
    const local = await createLocalPeer(
      {
        manifest,
        mode: plan.mode,
        listen,
        trainer,
        home,
        key: home?.swarmKey,
        blocked: keysOf('--block', plan.block ?? []),
        resumed: home?.resumed ?? false,
        degrees: DEFAULT_DEGREES,
        discovery: await planDiscovery({ ...plan, swarmId: swarmId(manifest), key: home?.swarmKey, listen })
      },
      reachOf({ ...plan, listen }, certificate, renewals, routers)
    )
    return { local, routers }
  }
  try {
    return await create(plan.listen)
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'ListenError')) throw cause
    if (!plan.listenRemembered) throw new InputError(`--listen: ${cause.message}`, { cause })
    console.warn(`${cause.message.split(';')[0]}: where this peer listened last time; this time it takes a free port`)
    return create(plan.listen.map(withAnyPort))
  }
}

/** Two machines with the same data, seed and partition take different shards of it; the manifest's seed is at hand. */
function dataOf({ data, shard, partition }: NodePlan, manifest: Manifest) {
  return {
    ...(data === undefined ? {} : { data }),
    ...(shard === undefined
      ? {}
      : { shard: { ...shard, partition: partition ?? ({ kind: 'iid' } as const), seed: manifest.seed } })
  }
}
