/** Hostile peers that lie about where they are and what they published. */
import { answerQuestion, pulseDigests } from '../../core/protocol/antientropy.js'
import { reckon } from '../../core/protocol/set.js'
import { decodeRepairRequest } from '../../core/wire/repair.js'
import { signedPulse, signedUpdate } from './sign.js'
import type { Behaviour, Hands } from './stranger.js'

/** Looks like a peer that follows: the digests of what it has heard. */
function honestLookingDigests({ set, epoch, manifest }: Hands) {
  // Another liar may have told it of an epoch whose chain takes for ever to compute.
  const newest = Math.max(set.base, ...set.epochs.keys())
  return pulseDigests(set, Math.min(epoch, newest + 1), Math.min(256, manifest.clock.stalenessBound))
}

/** Answers repair as an honest peer with its set would. */
export function honestLookingAnswer(bytes: Uint8Array, { set }: Hands): Uint8Array {
  return answerQuestion(set, decodeRepairRequest(bytes), before => ({
    reckoning: reckon(set, Math.min(before, 2 ** 16)),
    snapshots: []
  }))
}

const indexOf = ({ random, manifest }: Hands) => {
  const tensor = manifest.params.tensors[0]!
  return random.below(Math.max(1, tensor.shape[0] ?? 1))
}

/** Claims and updates far ahead and far behind, other ones to every neighbour. */
export function epochLiar(): Behaviour {
  let counter = 0
  return {
    async act(hands) {
      const { identity, manifest, epoch, neighbours, random } = hands
      const bound = manifest.clock.stalenessBound
      const lies = [
        epoch + 1_000_000,
        epoch + bound + 1,
        epoch + Math.ceil(bound / 2),
        Math.max(0, epoch - bound - 1),
        0
      ]
      for (const [i, peer] of neighbours.entries()) {
        const told = lies[(i + random.below(2)) % lies.length]!
        hands.pulse(
          peer,
          await signedPulse(identity, manifest, {
            ...honestLookingDigests(hands),
            epoch: told,
            counter: ++counter
          })
        )
      }
      if (hands.turn % 5 !== 0) return
      const end = manifest.stop.epochs ?? Number.POSITIVE_INFINITY
      const told = Math.min(end - 1, lies[random.below(lies.length)]!)
      hands.gossip(await signedUpdate(identity, manifest, { epoch: told, levels: { [indexOf(hands)]: 1 } }))
    },
    answer: (kind, bytes, _, hands) =>
      kind === 'repair' ? honestLookingAnswer(bytes, hands) : Promise.reject(new Error('none'))
  }
}

/** Two bodies for every epoch, one to each half of the neighbours. */
export function equivocator(): Behaviour {
  let counter = 0
  let published = -1
  return {
    async act(hands) {
      const { identity, manifest, epoch, neighbours } = hands
      const ended = manifest.stop.epochs !== null && epoch >= manifest.stop.epochs
      if (epoch > published && !ended) {
        published = epoch
        const index = indexOf(hands)
        const bodies = [
          await signedUpdate(identity, manifest, { epoch, levels: { [index]: 4 } }),
          await signedUpdate(identity, manifest, { epoch, levels: { [index]: -4 } })
        ]
        for (const [i, peer] of neighbours.entries()) hands.tell(peer, bodies[i % 2]!)
      }
      const pulse = await signedPulse(identity, manifest, { ...honestLookingDigests(hands), epoch, counter: ++counter })
      for (const peer of neighbours) hands.pulse(peer, pulse)
    },
    answer: (kind, bytes, _, hands) =>
      kind === 'repair' ? honestLookingAnswer(bytes, hands) : Promise.reject(new Error('none'))
  }
}
