/** Whether this peer may take part in a swarm, and whom it lets in. PROTOCOL.md, section 14. */
import { fitsKey } from '../core/protocol/admission.js'
import type { Manifest } from '../core/protocol/manifest.js'
import type { PeerKey } from '../interface.js'
import type { AdmissionTerms } from '../net/hello-exchange.js'
import { peerIdOfKey } from '../net/identity.js'

/** This peer cannot take part: everybody would refuse it. The message says what to do. */
export class AdmissionError extends Error {
  override readonly name = 'AdmissionError'

  constructor(
    readonly reason: 'no-key' | 'wrong-key' | 'not-a-member',
    message: string
  ) {
    super(message)
  }
}

/** @param key of a private swarm, 32 bytes; the others need none @throws {AdmissionError} */
export function admissionTerms(manifest: Manifest, self: PeerKey, key?: Uint8Array): AdmissionTerms {
  const { admission } = manifest
  switch (admission.rule) {
    case 'open':
      return {}
    case 'key':
      if (key === undefined)
        throw new AdmissionError('no-key', 'this swarm is private, and its key is missing: join with the whole invite')
      if (!fitsKey(admission, key))
        throw new AdmissionError('wrong-key', 'that is not the key of this swarm: ask for a fresh invite')
      return { key }
    case 'list':
      if (!admission.members.includes(self))
        throw new AdmissionError(
          'not-a-member',
          `this swarm takes the peers on its list only, and ${peerIdOfKey(self)} is not on it: ask its maker for a successor that lists it`
        )
      return { members: new Set(admission.members) }
  }
}
