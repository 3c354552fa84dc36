/** `home.json`: which swarm a home belongs to, and with which flags its peer runs. */
import * as v from 'valibot'
import { InputError } from '../cli/errors.js'
import { parseJson } from '../cli/files.js'
import { readIfThere } from './read-file.js'
import { replaceFile } from './replace-file.js'

/** Raised whenever an older Starlings would misread the folder. */
const HOME_VERSION = 1

const partitionSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('iid') }),
  v.strictObject({ kind: v.literal('dirichlet'), alpha: v.number() }),
  v.strictObject({ kind: v.literal('by'), column: v.string() })
])
const index = v.pipe(v.number(), v.integer(), v.minValue(0))

const settingsSchema = v.strictObject({
  /** Absolute. */
  data: v.exactOptional(v.string()),
  /** Index from 0. */
  shard: v.exactOptional(v.strictObject({ index, count: index })),
  partition: v.exactOptional(partitionSchema),
  mode: v.exactOptional(v.picklist(['sync', 'async'])),
  /** With the port that was given, or taken. */
  listen: v.exactOptional(v.array(v.string())),
  /** Percent of one core. */
  maxCpu: v.exactOptional(v.pipe(v.number(), v.minValue(1), v.maxValue(6400))),
  /** Megabytes, sent and received together. */
  maxMbPerDay: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
  /** Asked to rest, until it is asked to go on. */
  paused: v.exactOptional(v.boolean()),
  /** This home's `swarm create` made the swarm. */
  made: v.exactOptional(v.boolean()),
  /** Of --peer. */
  peer: v.exactOptional(v.array(v.string())),
  /** Of --block. */
  block: v.exactOptional(v.array(v.string())),
  /** Of --relay and --no-relay; a number: megabytes a second. */
  relay: v.exactOptional(v.union([v.boolean(), v.pipe(v.number(), v.minValue(1))])),
  /** Of --upnp and --no-upnp. */
  upnp: v.exactOptional(v.boolean()),
  /** Of --stun. */
  stun: v.exactOptional(v.array(v.string())),
  /** Of --announce. */
  announce: v.exactOptional(v.array(v.string())),
  /** Of --page: what links of invites begin with. */
  page: v.exactOptional(v.string()),
  /** Multiaddrs, and absolute paths of files of them. */
  bootstrap: v.exactOptional(v.array(v.string())),
  mdns: v.exactOptional(v.boolean()),
  dht: v.exactOptional(v.boolean()),
  dhtProtocol: v.exactOptional(v.string())
})

/** What the command line said last; flags that are given again replace it. */
export type HomeSettings = Readonly<v.InferOutput<typeof settingsSchema>>

const fileSchema = v.strictObject({
  version: v.literal(HOME_VERSION),
  /** Id of the swarm, whose manifest lies beside. */
  swarm: v.string(),
  settings: settingsSchema
})

export interface HomeFile {
  readonly swarm: string
  readonly settings: HomeSettings
}

/** @returns undefined when there is none @throws {InputError} when it is damaged or of a later version */
export async function readHomeFile(path: string): Promise<HomeFile | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const remedy = 'delete this file, then start with your flags again: all else in the folder is kept'
  let value: unknown
  try {
    value = parseJson(path, text)
  } catch (cause) {
    if (cause instanceof Error) throw new InputError(`${cause.message}; ${remedy}`, { cause })
    throw cause
  }
  checkVersion(path, value)
  const parsed = v.safeParse(fileSchema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new InputError(`${path}: ${v.getDotPath(issue) ?? 'the file'} is not as Starlings writes it; ${remedy}`)
}

export function writeHomeFile(path: string, { swarm, settings }: HomeFile): Promise<void> {
  return replaceFile(path, `${JSON.stringify({ version: HOME_VERSION, swarm, settings }, null, 2)}\n`)
}

function checkVersion(path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || !('version' in value)) return
  const { version } = value
  if (typeof version === 'number' && version > HOME_VERSION)
    throw new InputError(
      `${path}: this home was written by a newer Starlings (version ${version} of the folder, this one knows ` +
        `${HOME_VERSION}); update Starlings, or take another --home`
    )
}
