/** The conversation of a hello on its stream, either side. PROTOCOL.md, section 14. */
import { randomBytes } from '@libp2p/crypto'
import type { Stream } from '@libp2p/interface'
import { fromHex } from '../core/bytes.js'
import { isSameProof, keyProof, type ProofContext } from '../core/protocol/admission.js'
import { DecodeError } from '../core/wire/error.js'
import {
  decodeHello,
  decodeVerdict,
  encodeHello,
  encodeVerdict,
  HELLO_VERSION,
  type HelloMessage,
  type HelloVerdict,
  MAX_HELLO_BYTES,
  NONCE_BYTES,
  PROOF_BYTES
} from '../core/wire/hello.js'
import type { PeerKey } from '../interface.js'
import { frames } from './frames.js'

/** Who is let in. A joiner that has no manifest yet knows of no members. */
export interface AdmissionTerms {
  /** Of a private swarm, 32 bytes. */
  readonly key?: Uint8Array | undefined
  /** Of a swarm with a list. */
  readonly members?: ReadonlySet<PeerKey> | undefined
}

export interface HelloParty extends AdmissionTerms {
  readonly self: PeerKey
  /** Digest of the manifest, 32 bytes. */
  readonly swarm: Uint8Array
  readonly software: string
}

export interface HelloResult {
  readonly ours: HelloVerdict
  readonly theirs: HelloVerdict
  readonly them: HelloMessage
}

/** @throws {DecodeError} for what no peer says, and what a stream throws */
export async function sayHello(
  stream: Stream,
  role: 'dialler' | 'listener',
  peer: PeerKey,
  party: HelloParty,
  signal: AbortSignal
): Promise<HelloResult> {
  const { self, swarm, software, key } = party
  const lp = frames(stream, MAX_HELLO_BYTES)
  const write = (...messages: Uint8Array[]) => lp.writeV(messages, { signal })
  const read = async () => {
    const bytes = (await lp.read({ signal })).slice()
    signal.throwIfAborted() // a read that found its bytes buffered never looked at the signal
    return bytes
  }
  const nonce = randomBytes(NONCE_BYTES)
  const hello = encodeHello({ version: HELLO_VERSION, swarm, nonce, software })
  // Who listens speaks first: its hello comes with the answer to the opening of the stream.
  if (role === 'listener') await write(hello)
  const them = decodeHello(await read())
  const mine = role === 'dialler' ? [hello] : []
  const verdict = judge(them, peer, party)

  async function readVerdict(): Promise<HelloVerdict> {
    const bytes = await read()
    return decodeVerdict(bytes.length === PROOF_BYTES ? await read() : bytes)
  }

  /** Whom this peer refuses may hang up without a word: what this peer found still stands. */
  async function ending(ours: HelloVerdict): Promise<HelloResult> {
    const theirs = await readVerdict().catch(error => {
      if (ours === 'welcome' || error instanceof DecodeError) throw error
      return ours
    })
    return { ours, theirs, them }
  }

  if (verdict !== 'welcome' || key === undefined) {
    await write(...mine, encodeVerdict(verdict))
    return ending(verdict)
  }

  const proofOf = (prover: PeerKey, verifier: PeerKey, its: ProofContext['role']) =>
    keyProof(key, {
      swarm,
      prover: fromHex(prover),
      verifier: fromHex(verifier),
      role: its,
      diallerNonce: role === 'dialler' ? nonce : them.nonce,
      listenerNonce: role === 'dialler' ? them.nonce : nonce
    })
  const proof = proofOf(self, peer, role)
  // Who dials proves it first: whoever knocks at many doors learns nothing at any of them.
  if (role === 'dialler') await write(...mine, proof)
  const answer = await read()
  if (answer.length !== PROOF_BYTES) {
    const theirs = decodeVerdict(answer)
    await write(encodeVerdict('wrong-key'))
    return { ours: theirs === 'welcome' ? 'wrong-key' : theirs, theirs, them }
  }
  const expected = proofOf(peer, self, role === 'dialler' ? 'listener' : 'dialler')
  const ours = isSameProof(answer, expected) ? 'welcome' : 'wrong-key'
  if (role === 'dialler') await write(encodeVerdict(ours))
  else await write(...(ours === 'welcome' ? [proof] : []), encodeVerdict(ours))
  return ending(ours)
}

function judge(them: HelloMessage, peer: PeerKey, { swarm, members }: HelloParty): HelloVerdict {
  if (them.version !== HELLO_VERSION) return 'wrong-version'
  if (!isSameProof(them.swarm, swarm)) return 'wrong-swarm'
  return members === undefined || members.has(peer) ? 'welcome' : 'not-a-member'
}
