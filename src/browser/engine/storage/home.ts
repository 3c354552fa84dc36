/** What a browser keeps between visits beside the peers' own state: who it is, which swarms it knows, and how they stood. */
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { type IDBPDatabase, openDB } from 'idb'
import { type Manifest, parseManifest, swarmId } from '../../../core/protocol/manifest.js'
import type { KnownPeersPlace } from '../../../member/known-peers.js'
import type { KeptAlone } from '../peer/calls.js'
import type { ChosenData, Rules, View } from '../session.js'
import { deleteIdbStore, StoreError } from './idb-store.js'

/** What the person agreed to: a page that is opened again goes on with it. */
export interface Consent {
  /** Files are kept, too: a browser lets a page read them in one visit only. */
  readonly data: ChosenData
  readonly alone: boolean
}

/** Of one swarm. */
export interface SwarmRecord {
  manifest: Manifest
  /** x0 as peers hand it on, where the manifest does not draw it. */
  start: Uint8Array
  /** Of a private swarm. */
  key: Uint8Array
  /** Multiaddrs from invites, with peer ids. */
  addresses: readonly string[]
  /** After which they may be dead, ms since 1970. */
  staleAt: number
  /** The address book. */
  peers: Uint8Array
  consent: Consent
  /** The person asked for a rest. */
  paused: boolean
  rules: Rules
  /** As it was last seen, and when, ms since 1970. */
  view: View
  seenAt: number
  alone: KeptAlone
  /** It was left: whoever comes back with the same identity must listen first. */
  left: boolean
}

const VERSION = 1

export interface BrowserHome {
  readonly privateKey: Ed25519PrivateKey
  /** The swarm that this browser took part in last. */
  current(): Promise<string | undefined>
  setCurrent(swarm: string): Promise<void>
  /** Every swarm of which there is a record. */
  swarms(): Promise<readonly string[]>
  get<F extends keyof SwarmRecord>(swarm: string, field: F): Promise<SwarmRecord[F] | undefined>
  put<F extends keyof SwarmRecord>(swarm: string, field: F, value: SwarmRecord[F]): Promise<void>
  /** The manifest, checked: undefined also when what is kept is not the swarm's. */
  manifest(swarm: string): Promise<Manifest | undefined>
  /** Where the address book lies. */
  bookOf(swarm: string): KnownPeersPlace
  /** Name of the database with the peer's own state. */
  storeOf(swarm: string): string
  /** Deletes all that is kept of the swarm but that it was left. */
  forget(swarm: string): Promise<void>
  close(): void
}

/** Opens what the browser keeps under that name, or begins it with a new identity. Rejects with a {@link StoreError}. */
export async function openBrowserHome(name: string): Promise<BrowserHome> {
  const database = await openDB(name, VERSION, {
    upgrade(created) {
      created.createObjectStore('own')
      created.createObjectStore('swarms')
    }
  }).catch(cause => {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StoreError(`this browser keeps nothing for this page: ${why}`, { cause })
  })
  return homeOf(name, database, await identityIn(database))
}

async function identityIn(database: IDBPDatabase): Promise<Ed25519PrivateKey> {
  const kept: unknown = await database.get('own', 'identity')
  if (kept instanceof Uint8Array) {
    const key = privateKeyFromProtobuf(kept)
    if (key.type === 'Ed25519') return key
  }
  const made = await generateKeyPair('Ed25519')
  await database.put('own', privateKeyToProtobuf(made), 'identity')
  return made
}

function homeOf(name: string, database: IDBPDatabase, privateKey: Ed25519PrivateKey): BrowserHome {
  const at = (swarm: string, field: keyof SwarmRecord): string => `${swarm}/${field}`
  const storeOf = (swarm: string): string => `${name}/${swarm}`
  const home: BrowserHome = {
    privateKey,
    current: () => database.get('own', 'current'),
    setCurrent: async swarm => void (await database.put('own', swarm, 'current')),
    async swarms() {
      const keys = await database.getAllKeys('swarms')
      return [...new Set(keys.map(key => String(key).split('/')[0]!))]
    },
    get: (swarm, field) => database.get('swarms', at(swarm, field)),
    put: async (swarm, field, value) => void (await database.put('swarms', value, at(swarm, field))),
    async manifest(swarm) {
      const kept: unknown = await database.get('swarms', at(swarm, 'manifest'))
      if (kept === undefined) return undefined
      try {
        const manifest = parseManifest(kept)
        return swarmId(manifest) === swarm ? manifest : undefined
      } catch {
        return undefined
      }
    },
    bookOf: swarm => ({
      readPeers: () => home.get(swarm, 'peers'),
      writePeers: bytes => home.put(swarm, 'peers', bytes)
    }),
    storeOf,
    async forget(swarm) {
      await deleteIdbStore(storeOf(swarm))
      const transaction = database.transaction(['swarms', 'own'], 'readwrite')
      const swarms = transaction.objectStore('swarms')
      const own = transaction.objectStore('own')
      await swarms.delete(IDBKeyRange.bound(`${swarm}/`, `${swarm}/\uffff`))
      await swarms.put(true, at(swarm, 'left'))
      if ((await own.get('current')) === swarm) await own.delete('current')
      await transaction.done
    },
    close: () => database.close()
  }
  return home
}
