import { toHex } from '#src/core/bytes.js'
import { digest } from '#src/core/digest.js'
import { keyCheck, keyProof } from '#src/core/protocol/admission.js'
import { encodeAbout } from '#src/core/wire/about.js'
import { encodeHello, encodeVerdict, HELLO_VERSION, REFUSALS } from '#src/core/wire/hello.js'
import { encodeStart, encodeStartRequest } from '#src/core/wire/start.js'
import type { Json } from './index.js'

const bytes = (length: number, seed: number) => digest(Uint8Array.of(seed)).subarray(0, length)

/** Hellos, proofs and verdicts. */
export function helloVectors(): Json[] {
  const key = bytes(32, 1)
  const [swarm, dialler, listener] = [bytes(32, 2), bytes(32, 3), bytes(32, 4)]
  const [diallerNonce, listenerNonce] = [bytes(16, 5), bytes(16, 6)]
  const hello = encodeHello({ version: HELLO_VERSION, swarm, nonce: listenerNonce, software: 'starlings/0.1.0' })
  const proofs = (['dialler', 'listener'] as const).map(role => {
    const [prover, verifier] = role === 'dialler' ? [dialler, listener] : [listener, dialler]
    return {
      name: `proof of the ${role}`,
      key: toHex(key),
      swarm: toHex(swarm),
      prover: toHex(prover),
      verifier: toHex(verifier),
      diallerNonce: toHex(diallerNonce),
      listenerNonce: toHex(listenerNonce),
      bytes: toHex(keyProof(key, { role, swarm, prover, verifier, diallerNonce, listenerNonce }))
    }
  })
  return [
    {
      name: 'hello',
      swarm: toHex(swarm),
      nonce: toHex(listenerNonce),
      software: 'starlings/0.1.0',
      bytes: toHex(hello)
    },
    ...proofs,
    { name: 'what the manifest tells of the key', key: toHex(key), check: keyCheck(key) },
    ...(['welcome', ...REFUSALS] as const).map(verdict => ({ name: verdict, bytes: toHex(encodeVerdict(verdict)) }))
  ]
}

/** What a newcomer is brought. */
export function bringVectors(): Json[] {
  const about = { participants: 300, epoch: 70_000, manifest: Uint8Array.of(0xa1, 0x61, 0x61, 0x01) }
  const x0 = [0, 1, -1, 63, -64, 64, 2 ** 31, -(2 ** 51)]
  return [
    {
      name: 'about',
      participants: 300,
      epoch: 70_000,
      manifest: toHex(about.manifest),
      bytes: toHex(encodeAbout(about))
    },
    { name: 'start', x0, bytes: toHex(encodeStart(Float64Array.from(x0))) },
    { name: 'question for the start from 262,144 on', bytes: toHex(encodeStartRequest(262_144)) }
  ]
}
