/** The folder of `--home`: who a peer is and what it keeps, so that one command goes on where it stood. */
import { chmod, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import type { Store } from '../../interface.js'
import { InputError, systemReason } from '../cli/errors.js'
import { readManifest } from '../cli/manifest-file.js'
import { type KeptCertificate, keepCertificate } from '../reach/certificate.js'
import { diskReason, storeError } from './error.js'
import { copyIdentity, createIdentityFile, readIdentity } from './identity-file.js'
import { type Lock, takeLock } from './lock.js'
import { MarkFile } from './mark.js'
import { replaceFile } from './replace-file.js'
import { openOrRescue, type Rescued } from './rescue.js'
import { type HomeFile, type HomeSettings, readHomeFile, writeHomeFile } from './settings.js'
import { keepStart } from './start-file.js'
import { keepSwarmKey } from './swarm-key.js'

/** All that Starlings puts there, damaged databases apart. */
const FILES = {
  about: 'home.json',
  bytes: 'bytes.json',
  control: 'control.sock',
  manifest: 'manifest.json',
  identity: 'identity.key',
  webrtc: 'webrtc.pem',
  lock: 'lock',
  mark: 'mark',
  peers: 'peers.json',
  start: 'start.bin',
  state: 'state',
  swarmKey: 'swarm.key',
  /** There as long as the peer has never run: then it can have signed nothing, though it has a key. */
  unused: 'unused'
} as const

/** What a folder may hold before it becomes a home. */
const NO_MATTER = new Set<string>([FILES.lock, FILES.manifest, FILES.unused, 'lost+found', '.DS_Store'])

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

/** @param about undefined when the home is new, or lost its settings */
async function keptManifest(
  path: string,
  about: HomeFile | undefined,
  given: Manifest | undefined,
  from: string
): Promise<Manifest> {
  const there = about === undefined ? await readManifest(path).catch(() => undefined) : undefined
  const swarm = about?.swarm ?? (there && swarmId(there))
  if (given !== undefined && swarm !== undefined && swarmId(given) !== swarm)
    throw new InputError(
      `--home ${dirname(path)}: belongs to the swarm ${swarm}, but ${from} is of ${swarmId(given)}; ` +
        'take another folder for it, or leave --swarm out'
    )
  if (about === undefined) {
    const manifest = given ?? there
    if (manifest !== undefined) return manifest
    throw new InputError(
      `--home ${dirname(path)}: is new and belongs to no swarm yet; start once with --swarm <manifest.json>, too`
    )
  }
  const manifest = await readManifest(path).catch(async error => {
    if (given === undefined) {
      const why = error instanceof Error ? error.message.split(/[;\n]/)[0] : String(error)
      throw new InputError(`${why}; start once more with --swarm <manifest.json>, which writes it anew`, {
        cause: error
      })
    }
    await replaceFile(path, `${JSON.stringify(given, null, 2)}\n`)
    return given
  })
  if (swarmId(manifest) === about.swarm) return manifest
  throw new InputError(
    `${path}: was changed, and is of another swarm now; start once more with --swarm and the manifest of ${about.swarm}`
  )
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

/** A folder with other things in it was hardly meant. */
function refuseOthers(path: string, names: readonly string[]): void {
  const other = names.find(name => !NO_MATTER.has(name))
  if (other !== undefined)
    throw new InputError(`--home ${path}: is no home of a peer, but holds ${other}; choose a new or an empty folder`)
}

/** Level by level, so that only the home itself is closed to others. */
async function makeFolder(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(error => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.isDirectory() === false) throw new InputError(`--home ${path}: is a file; choose a folder`)
    if (found !== undefined) return
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path, { mode: 0o700 })
    // Whatever the umask is.
    await chmod(path, 0o700)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    const why = diskReason(cause) ?? systemReason(cause) ?? 'cannot be made'
    throw new InputError(`--home ${path}: ${why}; choose another folder`, { cause })
  }
}

function inWords(path: string, cause: unknown): InputError {
  const error = storeError(path, cause)
  const options = { cause }
  if (error.kind === 'locked')
    return new InputError(
      `--home ${path}: is in use by another starlings process; stop that one first, or take another folder for a second peer`,
      options
    )
  return new InputError(
    `--home ${error.message}; make the folder writable and free some space, then start again`,
    options
  )
}
