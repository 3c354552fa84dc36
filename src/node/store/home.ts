/** The folder of `--home`: who a peer is and what it keeps, so that one command goes on where it stood. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { Store } from '../../interface.js'
import { InputError } from '../cli/errors.js'
import { type KeptCertificate, keepCertificate } from '../reach/certificate.js'
import { FILES, inWords, makeFolder, refuseOthers } from './home-folder.js'
import { copyIdentity, createIdentityFile, readIdentity } from './identity-file.js'
import { keptManifest } from './kept-manifest.js'
import { type Lock, takeLock } from './lock.js'
import { MarkFile } from './mark.js'
import { replaceFile } from './replace-file.js'
import { openOrRescue, type Rescued } from './rescue.js'
import { type HomeSettings, readHomeFile, writeHomeFile } from './settings.js'
import { keepStart } from './start-file.js'
import { keepSwarmKey } from './swarm-key.js'

export interface HomeInit {
  /** Of `--swarm`; absent when the home is to have one. */
  readonly manifest?: Manifest | undefined
  /** Where the manifest came from, for errors. @default 'the manifest' */
  readonly from?: string | undefined
  /** Of a private swarm; kept from then on. @default the one that is kept */
  readonly swarmKey?: Uint8Array | undefined
  /** x0 as `encodeStart` makes it, of a manifest whose start is given; kept from then on. @default what is kept */
  readonly start?: Uint8Array | undefined
  /** Only puts it in order for a peer that runs later. @default false */
  readonly preparing?: boolean
}

export class Home {
  readonly path: string
  readonly manifest: Manifest
  readonly privateKey: Ed25519PrivateKey
  readonly store: Store
  /** Of a private swarm; undefined for others, and where it is missing. */
  readonly swarmKey: Uint8Array | undefined
  /** x0 where the manifest says that it is given. */
  readonly start: Uint8Array | undefined
  /** The peer ran before: it may have taken part. */
  readonly resumed: boolean
  readonly state: Rescued['how']
  /** What the user should know, a line each. */
  readonly warnings: readonly string[]
  readonly #lock: Lock
  #settings: HomeSettings
  #closing: Promise<void> | undefined

  private constructor(path: string, lock: Lock, found: Found) {
    this.path = path
    this.manifest = found.manifest
    this.privateKey = found.privateKey
    this.store = found.rescued.store
    this.resumed = found.resumed
    this.swarmKey = found.swarmKey
    this.start = found.start
    this.state = found.rescued.how
    this.warnings = found.warnings
    this.#settings = found.settings
    this.#lock = lock
  }

  /**
   * Opens the home, or makes it.
   * @throws {InputError} when it cannot be used; nothing in it was harmed then
   */
  static async open(path: string, init: HomeInit = {}): Promise<Home> {
    await checkBeforehand(path, init)
    await makeFolder(path)
    const lock = await takeLock(join(path, FILES.lock)).catch(error => {
      throw inWords(path, error)
    })
    try {
      return new Home(path, lock, await find(path, init))
    } catch (error) {
      await lock.release()
      throw error instanceof InputError ? error : inWords(path, error)
    }
  }

  /**
   * The identity that a home has, or gets now: who makes a swarm for a list of peers must know them before there is a manifest.
   * @param like a home whose identity a new one takes over @default a new identity
   * @throws {InputError} when the folder cannot become a home
   */
  static async identity(path: string, like?: string): Promise<Ed25519PrivateKey> {
    await makeFolder(path)
    const lock = await takeLock(join(path, FILES.lock)).catch(error => {
      throw inWords(path, error)
    })
    try {
      const kept = await readIdentity(join(path, FILES.identity))
      if (kept !== undefined) return kept.privateKey
      refuseOthers(path, await readdir(path))
      await replaceFile(join(path, FILES.unused), '')
      if (like === undefined) return await createIdentityFile(join(path, FILES.identity))
      return await copyIdentity(join(like, FILES.identity), join(path, FILES.identity))
    } catch (error) {
      throw error instanceof InputError ? error : inWords(path, error)
    } finally {
      await lock.release()
    }
  }

  /** @throws {InputError} when the folder is of another peer than `like`, or that is none; a new folder may become either */
  static async checkLike(path: string, like: string): Promise<void> {
    const [own, wanted] = await Promise.all([path, like].map(home => readIdentity(join(home, FILES.identity))))
    if (wanted === undefined) throw new InputError(`--like ${like}: there is no key of a peer; take the folder of one`)
    if (own === undefined || own.privateKey.equals(wanted.privateKey)) return
    throw new InputError(`--home ${path}: has a peer of its own, which is not that of ${like}; take a new folder`)
  }

  /** Where its manifest lies. */
  get manifestFile(): string {
    return join(this.path, FILES.manifest)
  }

  get settings(): HomeSettings {
    return this.#settings
  }

  /** For the next start. @throws {InputError} when it cannot be written */
  async remember(settings: HomeSettings): Promise<void> {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return
    await writeHomeFile(join(this.path, FILES.about), { swarm: swarmId(this.manifest), settings })
    this.#settings = settings
  }

  /** Of the peer's WebRTC-direct addresses; made when there is none. @throws {InputError} when it cannot be kept */
  certificate(): Promise<KeptCertificate> {
    return keepCertificate(join(this.path, FILES.webrtc))
  }

  /** Whom the peer met, as it wrote them; undefined when there is no such list. */
  async readPeers(): Promise<Uint8Array | undefined> {
    return readFile(join(this.path, FILES.peers)).catch(() => undefined)
  }

  /** @throws {InputError} when it cannot be written */
  writePeers(bytes: Uint8Array): Promise<void> {
    return replaceFile(join(this.path, FILES.peers), bytes)
  }

  /** What it sent and received, as it wrote it; undefined when there is no such tally. */
  async readBytes(): Promise<Uint8Array | undefined> {
    return readFile(join(this.path, FILES.bytes)).catch(() => undefined)
  }

  /** @throws {InputError} when it cannot be written */
  writeBytes(bytes: Uint8Array): Promise<void> {
    return replaceFile(join(this.path, FILES.bytes), bytes)
  }

  /** Writes what waits, and lets another process in. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.store.close().finally(() => this.#lock.release())
    return this.#closing
  }
}

/** Refuses what cannot become a home, before anything is made there. */
async function checkBeforehand(path: string, { manifest, from = 'the manifest' }: HomeInit): Promise<void> {
  const names: readonly string[] | undefined = await readdir(path).catch(error =>
    error?.code === 'ENOENT' ? [] : undefined
  )
  // What cannot be read is told of later; a home, and what may be becoming one, is looked into under its lock.
  if (names === undefined || [FILES.about, FILES.identity, FILES.lock].some(name => names.includes(name))) return
  refuseOthers(path, names)
  await keptManifest(join(path, FILES.manifest), undefined, manifest, from)
}

interface Found {
  readonly manifest: Manifest
  readonly privateKey: Ed25519PrivateKey
  readonly rescued: Rescued
  readonly resumed: boolean
  readonly swarmKey: Uint8Array | undefined
  readonly start: Uint8Array | undefined
  readonly settings: HomeSettings
  readonly warnings: readonly string[]
}

async function find(path: string, init: HomeInit): Promise<Found> {
  const { manifest: given, from = 'the manifest', preparing = false } = init
  const at = (name: keyof typeof FILES): string => join(path, FILES[name])
  const about = await readHomeFile(at('about'))
  const kept = await readIdentity(at('identity'))
  if (about === undefined && kept === undefined) refuseOthers(path, await readdir(path))
  const manifest = await keptManifest(at('manifest'), about, given, from)
  const swarmKey = await keepSwarmKey(at('swarmKey'), manifest, init.swarmKey)
  const start = await keepStart(at('start'), manifest, init.start)
  const settings = about?.settings ?? {}
  if (about === undefined) {
    await replaceFile(at('manifest'), `${JSON.stringify(manifest, null, 2)}\n`)
    await writeHomeFile(at('about'), { swarm: swarmId(manifest), settings })
  }
  const entries = await readdir(path)
  if (kept === undefined && entries.includes(FILES.state))
    throw new InputError(
      `${at('identity')}: is missing; copy it back from a backup, or take a new home (--home with another folder), ` +
        'with which others see a new peer'
    )
  const unused = kept === undefined || entries.includes(FILES.unused)
  if (kept === undefined && preparing) await replaceFile(at('unused'), '')
  const privateKey = kept?.privateKey ?? (await createIdentityFile(at('identity')))
  // From here on it may sign; a folder that cannot be written to stops it now.
  if (!preparing && entries.includes(FILES.unused)) await rm(at('unused'))
  const mark = new MarkFile(at('mark'))
  await mark.create()
  const rescued = await openOrRescue(at('state'), mark)
  const warnings = [kept?.warning, rescueWarning(rescued, !unused)].filter(line => line !== undefined)
  return { manifest, privateKey, rescued, resumed: !unused, swarmKey, start, settings, warnings }
}

function rescueWarning({ how, aside }: Rescued, resumed: boolean): string | undefined {
  const kept = `what was damaged is kept in ${aside}`
  if (how === 'cut') return `the newest part of the saved state was damaged and is left out: ${kept}`
  if (how === 'repaired') return `the saved state was damaged, and repaired without a loss: ${kept}`
  const anew = 'the peer is the same, and gets the model back from its neighbours'
  if (how === 'lost') return `the saved state is damaged beyond repair: ${anew}; ${kept}`
  if (how === 'new' && resumed) return `there is no saved state in the home: ${anew}`
  return undefined
}
