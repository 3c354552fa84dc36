/** From an invite to the manifest: whoever of those whom it names answers first tells it. PROTOCOL.md, section 15. */
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { swarmIdOf } from '../../core/protocol/swarm-id.js'
import type { Invite } from '../../core/wire/invite.js'
import type { Network } from '../../member/network.js'
import { SOFTWARE } from '../../member/software.js'
import { parsePeerAddress } from '../../net/address.js'
import { type Brought, fetchManifest } from '../../net/bring.js'
import { systemClock } from '../../net/clock.js'
import { fetchStart } from '../../net/fetch-start.js'
import { peersOf, type Reachable } from '../../net/invite.js'
import { DEFAULT_DEGREES } from '../../net/policy.js'
import type { Refused } from '../../net/refused.js'
import { InputError, Interrupted } from '../cli/errors.js'
import type { DiscoveryOptions } from '../cli/options.js'
import { readBootstrap } from '../discovery/bootstrap.js'
import { planDiscovery } from '../discovery/plan.js'
import { createNodeNetwork } from '../libp2p/network.js'
import { formatBytes } from '../report/units.js'
import { nobodyAnswers, refusalsInWords } from './no-answer.js'

export interface FindInit {
  readonly invite: Invite
  /** Of the peer that is to take part: a list knows it. */
  readonly privateKey: Ed25519PrivateKey
  /** How it will look for others, and where it will listen: multiaddrs. */
  readonly plan: DiscoveryOptions & { readonly listen: readonly string[] }
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** Until the person is told that nobody answers, ms. @default 9000 */
  readonly patienceMs?: number
}

export interface FoundSwarm extends Brought {
  /** x0 as `encodeStart` makes it, where the manifest says that it is given. */
  readonly start?: Uint8Array
}

/** Between questions to those who are connected and did not answer, ms. */
const AGAIN_MS = 1000

/**
 * Tries all of the invite's peers at once, and those on the local network, and goes on until one answers.
 * @throws {InputError} when those that answer refuse this peer, or nobody can be dialled {Interrupted}
 */
export async function findSwarm(init: FindInit): Promise<FoundSwarm> {
  const { invite, privateKey, plan, signal } = init
  const swarmId = swarmIdOf(invite.swarm)
  const key = invite.key ?? undefined
  const network = await createNodeNetwork({
    privateKey,
    swarmId,
    clock: systemClock,
    // It asks, and is not to be found yet.
    listen: [],
    reach: { relay: 'none', reserve: false },
    software: SOFTWARE,
    admission: key === undefined ? {} : { key },
    degrees: DEFAULT_DEGREES,
    discovery: await planDiscovery({ ...plan, swarmId, key })
  })
  try {
    const brought = await askAbout(network, swarmId, init)
    if (brought.manifest.params.start === 'drawn') return brought
    return { ...brought, start: await bringStart(network, brought, init) }
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error
  } finally {
    await network.stop()
  }
}

async function askAbout(network: Network, swarmId: string, init: FindInit): Promise<Brought> {
  const { hello, libp2p, neighbourhood } = network
  const { invite, plan, say, patienceMs = 9000 } = init
  const peers = peersOf(invite)
  const bootstrap = await readBootstrap(plan.bootstrap ?? [])
  const ending = new AbortController()
  const signal = AbortSignal.any([init.signal, ending.signal])
  const undo: (() => void)[] = []
  const refused = watchRefusals(network, peers)
  try {
    return await new Promise<Brought>((resolve, reject) => {
      let asking = false
      const fetch = async (): Promise<void> => {
        if (asking || signal.aborted) return
        asking = true
        // Whoever could not answer is asked again, or the next one is.
        await fetchManifest({ libp2p, hello, swarmId, signal }).then(resolve, () => undefined)
        asking = false
      }
      const giveUp = (): void => reject(new InputError(refusalsInWords(refused.all(), libp2p.peerId.toString())))
      const onAbort = (): void => reject(new Interrupted())
      init.signal.addEventListener('abort', onAbort)
      if (init.signal.aborted) onAbort()
      refused.whenByEverybody(giveUp)
      undo.push(
        () => init.signal.removeEventListener('abort', onAbort),
        hello.onWelcome(() => void fetch()),
        repeat(AGAIN_MS, () => void fetch()),
        systemClock.after(patienceMs, () => {
          // Others may be there still; but whoever was refused for good reasons will be again.
          if (refused.all().length > 0) giveUp()
          else for (const line of nobodyAnswers(peers, invite)) say(line)
        })
      )
      const ways = [...peers.flatMap(({ addresses }) => addresses), ...bootstrap]
      neighbourhood.introduce(ways.map(parsePeerAddress))
    })
  } finally {
    ending.abort()
    refused.stop()
    for (const one of undo) one()
  }
}

interface Refusals {
  all(): readonly Refused[]
  whenByEverybody(listener: () => void): void
  stop(): void
}

function watchRefusals({ hello }: Network, peers: readonly Reachable[]): Refusals {
  const refusals = new Map<string, Refused>()
  let listener = (): void => undefined
  const named = new Set(peers.map(({ key }) => key))
  const stop = hello.onRefused(refused => {
    // Strangers on the same network have no say in it, and who is too busy today says nothing of tomorrow.
    if (!named.has(refused.peer) || refused.reason === 'no-hello') return
    refusals.set(refused.peer, refused)
    if (refusals.size === named.size) listener()
  })
  return {
    all: () => [...refusals.values()],
    whenByEverybody(whenIt) {
      listener = whenIt
    },
    stop
  }
}

async function bringStart(
  { libp2p, hello }: Network,
  { manifest }: Brought,
  { say, signal }: FindInit
): Promise<Uint8Array> {
  say('fetching the model that the swarm started from')
  const bytes = await fetchStart({ manifest, libp2p, hello, signal })
  say(`got it: ${formatBytes(bytes.length)}, as the manifest says`)
  return bytes
}

function repeat(ms: number, callback: () => void): () => void {
  let cancel = systemClock.after(ms, function again() {
    cancel = systemClock.after(ms, again)
    callback()
  })
  return () => cancel()
}
