/** `--private`, `--allow` and `--without`: who takes part in a new swarm. */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { peerIdFromString } from '@libp2p/peer-id'
import { keyCheck, SWARM_KEY_BYTES } from '../../core/protocol/admission.js'
import { type Admission, MAX_MEMBERS } from '../../core/protocol/manifest.js'
import type { PeerKey } from '../../interface.js'
import { keyOfPeerId } from '../../net/identity.js'
import { InputError, UsageError } from '../cli/errors.js'
import { readText } from '../cli/files.js'

export interface AdmissionFlags {
  readonly private?: boolean
  /** Peer ids, or files of them. */
  readonly allow?: readonly string[]
  readonly without?: readonly string[]
}

export interface Decided {
  readonly admission: Admission
  /** Of a private swarm: a new one, or that of the swarm before. */
  readonly swarmKey?: Uint8Array
}

export interface Before {
  readonly admission: Admission
  readonly swarmKey?: Uint8Array | undefined
}

/**
 * @param before of the swarm that the new one goes on from, whose rule holds where no flag says another
 * @param own the peer that makes the swarm, which a list must not forget
 * @throws {UsageError} {InputError}
 */
export async function decideAdmission(flags: AdmissionFlags, before?: Before, own?: PeerKey): Promise<Decided> {
  if (flags.private) {
    const swarmKey = new Uint8Array(randomBytes(SWARM_KEY_BYTES))
    return { admission: { rule: 'key', check: keyCheck(swarmKey) }, swarmKey }
  }
  const listed = before?.admission.rule === 'list' ? before.admission.members : undefined
  const allowed = flags.allow && (await peersOf('--allow', flags.allow))
  if (flags.without !== undefined && listed === undefined && allowed === undefined)
    throw new UsageError(
      '--without leaves peers out of a list, and there is none: take --from with the home of a swarm that has one, ' +
        'name the peers that may stay with --allow, or give the others a new key with --private'
    )
  if (allowed !== undefined || listed !== undefined) {
    const without = new Set(await peersOf('--without', flags.without ?? []))
    if (own !== undefined && without.has(own)) throw new UsageError('--without: that is the peer of --home itself')
    const members = [...new Set([...(listed ?? []), ...(allowed ?? []), ...(own === undefined ? [] : [own])])]
      .filter(key => !without.has(key))
      .sort()
    if (members.length === 0) throw new UsageError('--allow: nobody is on the list; name the peers that may take part')
    if (members.length > MAX_MEMBERS)
      throw new UsageError(
        `--allow: ${members.length} peers are on the list, and it holds at most ${MAX_MEMBERS}; take --private`
      )
    return { admission: { rule: 'list', members } }
  }
  if (before?.admission.rule === 'key') {
    if (before.swarmKey === undefined)
      throw new UsageError(
        '--from: that swarm is private, and its key is not there; give the new one a key with --private'
      )
    return { admission: before.admission, swarmKey: before.swarmKey }
  }
  return { admission: { rule: 'open' } }
}

const MAX_LIST_BYTES = 2 ** 20

/** Keys of peer ids, separated by commas, or a file with one in each line and remarks behind #. */
async function peersOf(flag: string, values: readonly string[]): Promise<readonly PeerKey[]> {
  const keys: PeerKey[] = []
  for (const value of values.flatMap(text => text.split(',')).map(text => text.trim())) {
    if (value === '') continue
    const key = keyOf(value)
    if (key !== undefined) keys.push(key)
    else if (await isFile(value)) keys.push(...(await peersOfFile(flag, value)))
    else
      throw new UsageError(
        `${flag}: ${value.slice(0, 100)} is neither a peer id such as 12D3Koo… nor a file of them; starlings id prints one`
      )
  }
  return keys
}

async function peersOfFile(flag: string, path: string): Promise<readonly PeerKey[]> {
  const text = await readText(path, MAX_LIST_BYTES, `${flag} takes a file with one peer id in each line`)
  return text.split('\n').flatMap((line, i) => {
    const id = line.replace(/#.*/s, '').trim()
    if (id === '') return []
    const key = keyOf(id)
    if (key === undefined)
      throw new InputError(`${path}:${i + 1}: ${id.slice(0, 100)} is no peer id; one begins with 12D3Koo`)
    return [key]
  })
}

function keyOf(text: string): PeerKey | undefined {
  try {
    return keyOfPeerId(peerIdFromString(text))
  } catch {
    return undefined
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isFile(),
    () => false
  )
}
