/** A page among its neighbours: connected, known to them, and still without a word about its data. */
import { toHex } from '../../core/bytes.js'
import { admissionTerms } from '../../member/admission.js'
import { type KnownPeers, keepKnownPeers } from '../../member/known-peers.js'
import { createNetwork, type Network } from '../../member/network.js'
import { SOFTWARE } from '../../member/software.js'
import { parsePeerAddress } from '../../net/address.js'
import { systemClock } from '../../net/clock.js'
import type { AdmissionTerms } from '../../net/hello-exchange.js'
import { DEFAULT_DEGREES } from '../../net/policy.js'
import { createPageLibp2p } from './network/libp2p.js'
import type { BrowserHome } from './storage/home.js'

export interface Joined {
  readonly network: Network
  /** Keeps trying these; malformed ones are left out. */
  dial(addresses: readonly string[]): void
  /** Writes down whom it met, if that has changed: a tab is closed without a goodbye. */
  keep(): Promise<void>
  /** Writes down whom it met, and closes all connections. Twice is fine. */
  stop(): Promise<void>
}

/** Until the manifest is there, the key is all there is to tell who is welcome by. Rejects with an AdmissionError. */
async function termsOf(home: BrowserHome, swarm: string): Promise<AdmissionTerms> {
  const [manifest, key] = await Promise.all([home.manifest(swarm), home.get(swarm, 'key')])
  if (manifest === undefined) return { key }
  return admissionTerms(manifest, toHex(home.privateKey.publicKey.raw), key)
}

/** Everybody that the browser knows of that swarm is dialled in the background. */
export async function join(home: BrowserHome, swarm: string): Promise<Joined> {
  const network = await createNetwork(
    {
      privateKey: home.privateKey,
      swarmId: swarm,
      clock: systemClock,
      degrees: DEFAULT_DEGREES,
      introduced: true,
      admission: await termsOf(home, swarm),
      software: SOFTWARE
    },
    createPageLibp2p
  )
  const { neighbourhood } = network
  const known: KnownPeers = await keepKnownPeers(neighbourhood, home.bookOf(swarm), systemClock)
  let stopping: Promise<void> | undefined
  async function stop(): Promise<void> {
    await neighbourhood.stop()
    await known.stop()
    await network.stop()
  }
  return {
    network,
    dial(addresses) {
      const parsed = addresses.flatMap(text => {
        try {
          return [parsePeerAddress(text)]
        } catch {
          return [] // of a kind that a newer Starlings knows
        }
      })
      neighbourhood.dial(parsed)
    },
    keep: () => known.save(),
    stop() {
      stopping ??= stop()
      return stopping
    }
  }
}
