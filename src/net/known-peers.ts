/** The address book as bytes that outlive the process: JSON, which its owner may read and mend. */
import * as v from 'valibot'
import { fromHex, toHex } from '../core/bytes.js'
import type { Identity, PeerKey } from '../interface.js'
import { isDialable, MAX_ADDRESS_CHARS, parsePeerAddress, withoutPeer } from './address.js'
import type { Contact } from './contacts.js'
import { peerIdOfKey } from './identity.js'
import { MAX_ADDRESSES, MAX_RECORD_BYTES, openPeerRecord } from './peer-record.js'

/** Largest file that is read, bytes: more than a full book of the largest records takes. */
const MAX_KNOWN_BYTES = 2 ** 22

const Address = v.pipe(v.string(), v.maxLength(MAX_ADDRESS_CHARS))
const Known = v.strictObject({
  version: v.literal(1),
  peers: v.pipe(
    v.array(
      v.strictObject({
        key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a key has 64 hex digits')),
        addresses: v.pipe(v.array(Address), v.minLength(1), v.maxLength(MAX_ADDRESSES)),
        /** Wall-clock ms since 1970. */
        seen: v.pipe(v.number(), v.safeInteger()),
        record: v.optional(v.pipe(v.string(), v.regex(/^([0-9a-f]{2})+$/), v.maxLength(2 * MAX_RECORD_BYTES)))
      })
    ),
    v.maxLength(1024)
  )
})

export class KnownPeersError extends Error {
  override readonly name = 'KnownPeersError'
}

/**
 * Those that were met; what others only told is not worth keeping, nor is what would not be read again.
 * @param wallOffset wall-clock ms − the contacts' ms
 */
export function encodeKnownPeers(contacts: readonly Contact[], wallOffset: number): Uint8Array {
  const peers = contacts
    .map(contact => ({ ...contact, addresses: contact.addresses.filter(text => isUsable(text, contact.key)) }))
    .filter(({ met, addresses }) => met && addresses.length > 0)
    .map(({ key, addresses, seenAt, record }) => ({
      key,
      addresses,
      seen: Math.round(seenAt + wallOffset),
      ...(record === undefined ? {} : { record: toHex(record.bytes) })
    }))
  return new TextEncoder().encode(`${JSON.stringify({ version: 1, peers }, null, 1)}\n`)
}

/**
 * What does not hold up by itself, such as a record with a bad signature, is left out.
 * @throws {KnownPeersError} that names the field when it is not such a list at all
 */
export async function decodeKnownPeers(
  bytes: Uint8Array,
  verify: Identity['verify'],
  wallOffset: number,
  now: number
): Promise<readonly Contact[]> {
  const contacts: Contact[] = []
  for (const { key, addresses, seen, record } of parse(bytes).peers) {
    const opened = record === undefined ? undefined : await openPeerRecord(fromHex(record), verify)
    const usable = addresses.filter(text => isUsable(text, key))
    if (usable.length === 0) continue
    contacts.push({
      key,
      addresses: usable,
      record: typeof opened === 'object' && opened.key === key ? opened : undefined,
      // A wall clock that was set back must not make a contact look seen in the future.
      seenAt: Math.min(seen - wallOffset, now),
      met: true,
      toldBy: undefined,
      failures: 0,
      failedAt: now
    })
  }
  return contacts
}

function parse(bytes: Uint8Array): v.InferOutput<typeof Known> {
  if (bytes.length > MAX_KNOWN_BYTES)
    throw new KnownPeersError(`known peers: ${bytes.length} bytes, more than ${MAX_KNOWN_BYTES}`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new KnownPeersError('known peers: not JSON', { cause })
  }
  const result = v.safeParse(Known, json)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new KnownPeersError(`known peers: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`)
}

/** One that worked may hold a name, which one that is only told of may not. */
function isUsable(text: string, key: PeerKey): boolean {
  if (text.length > MAX_ADDRESS_CHARS) return false
  try {
    const address = parsePeerAddress(`${withoutPeer(text)}/p2p/${peerIdOfKey(key)}`)
    return isDialable(address) || /^\/dns/.test(text)
  } catch {
    return false
  }
}
