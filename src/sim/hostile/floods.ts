/** Hostile peers that send too much: valid-looking rubbish, and the genuine past again and again. */
import { encodeRepairRequest } from '../../core/wire/repair.js'
import { encodeSnapshotRequest } from '../../core/wire/snapshot.js'
import { honestLookingAnswer } from './liars.js'
import { signedPulse, signedUpdate } from './sign.js'
import type { Behaviour } from './stranger.js'

/** Of each kind of message, per neighbour and turn. */
const BURST = 4

/** Updates for every epoch there is, updates with bad signatures, made-up pulses, bytes, and questions upon questions. */
export function flooder(): Behaviour {
  let counter = 0
  return {
    everyMs: 250,
    async act(hands) {
      const { identity, manifest, epoch, neighbours, random } = hands
      const bound = manifest.clock.stalenessBound
      const rubbish = () => Uint8Array.from({ length: 1 + random.below(400) }, () => random.below(256))
      for (let i = 0; i < BURST; i++) {
        const of = Math.max(0, epoch - bound + random.below(2 * bound))
        const update = await signedUpdate(identity, manifest, { epoch: of, levels: { [i]: 1 + random.below(7) } })
        if (i === 0) update[update.length - 1] = update.at(-1)! ^ 1
        hands.gossip(i === 1 ? rubbish() : update)
      }
      for (const peer of neighbours) {
        for (let i = 0; i < BURST; i++) {
          const rootEnd = random.below(epoch + 1)
          hands.pulse(peer, await signedPulse(identity, manifest, { epoch, counter: ++counter, rootEnd }))
          const from = random.below(epoch + 1)
          hands.ask(peer, 'repair', encodeRepairRequest({ kind: 'digests', from, step: 1, count: 16 }))
          hands.ask(peer, 'repair', encodeRepairRequest({ kind: 'chain', before: from }))
          hands.ask(peer, 'snapshot', encodeSnapshotRequest({ epoch: from, offset: 0 }))
        }
        const epochs = Array.from({ length: 16 }, (_, i) => ({ epoch: Math.max(0, epoch - 16) + i, have: [] }))
        hands.ask(peer, 'repair', encodeRepairRequest({ kind: 'missing', epochs }))
        hands.ask(peer, 'repair', rubbish())
        hands.pulse(peer, rubbish())
      }
    }
  }
}

/** Messages of others that a replayer remembers. */
const REMEMBERED = 256

/** Old genuine updates, claims and whole pulses of others. */
export function replayer(): Behaviour {
  const updates: Uint8Array[] = []
  const claims: Uint8Array[] = []
  const pulses: Uint8Array[] = []
  const own: Uint8Array[] = []
  let counter = 0
  const keep = (list: Uint8Array[], bytes: Uint8Array) => {
    if (list.length < REMEMBERED) list.push(bytes)
  }
  return {
    hear: update => keep(updates, update),
    hearPulse(bytes, pulse) {
      keep(pulses, bytes)
      for (const claim of pulse.claims) keep(claims, claim)
    },
    async act({ identity, manifest, epoch, neighbours, random, ...hands }) {
      const some = (list: readonly Uint8Array[], count: number) =>
        list.length === 0 ? [] : Array.from({ length: count }, () => list[random.below(list.length)]!)
      for (const peer of neighbours) for (const update of some(updates, 4)) hands.tell(peer, update)
      const relayed = [...new Set(some(claims, 20))]
      const pulse = await signedPulse(identity, manifest, { epoch, counter: ++counter, relayed })
      keep(own, pulse)
      for (const peer of neighbours) {
        hands.pulse(peer, pulse)
        for (const old of some(own, 2)) hands.pulse(peer, old)
        // Somebody else's: nobody honest passes on a whole pulse.
        if (random.below(10) === 0) for (const old of some(pulses, 1)) hands.pulse(peer, old)
      }
    },
    answer: (kind, bytes, _, hands) =>
      kind === 'repair' ? honestLookingAnswer(bytes, hands) : Promise.reject(new Error('none'))
  }
}
