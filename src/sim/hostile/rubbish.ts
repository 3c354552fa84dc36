/** A hostile peer that has everybody ask it, and answers with rubbish. */
import { ROOT_BYTES } from '../../core/wire/pulse.js'
import { decodeRepairRequest, encodeMissingAnswer, type RepairRequest } from '../../core/wire/repair.js'
import { signedPulse, signedUpdate } from './sign.js'
import type { Behaviour, Hands } from './stranger.js'

type Answer = (request: RepairRequest, hands: Hands) => Uint8Array | Promise<Uint8Array>

/** As far as the askers read: every range differs from whatever they have. */
function allDiffer(request: RepairRequest): Uint8Array {
  const count = request.kind === 'digests' ? request.count : 1
  return Uint8Array.from({ length: 9 * count }, (_, i) => (i % 9 === 0 ? 1 : 5))
}

const ANSWERS: readonly Answer[] = [
  // Bytes.
  (_, { random }) => Uint8Array.from({ length: random.below(300) }, () => random.below(256)),
  // Nothing at all.
  () => new Uint8Array(0),
  // More than was asked for by far.
  () => new Uint8Array(2 ** 20),
  // The beginning of an honest answer.
  request => allDiffer(request).subarray(0, 5),
  // It has more, and more, and never shows any of it.
  request => (request.kind === 'missing' ? encodeMissingAnswer({ updates: [], more: true }) : allDiffer(request)),
  // Genuine updates of epochs that nobody asked for.
  async (request, { identity, manifest, epoch, random }) => {
    if (request.kind !== 'missing') return allDiffer(request)
    const of = Math.max(0, epoch - random.below(40))
    const update = await signedUpdate(identity, manifest, { epoch: of, levels: { 0: 1 } })
    return encodeMissingAnswer({ updates: [update, update], more: random.below(2) === 0 })
  },
  // What a decoder is to allocate for.
  () => Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
  // It never answers.
  () => new Promise(() => {})
]

export function repairRubbish(): Behaviour {
  let counter = 0
  return {
    async act({ identity, manifest, epoch, neighbours, random, pulse }) {
      // Always another history, so that everybody asks.
      const root = Uint8Array.from({ length: ROOT_BYTES }, () => random.below(256))
      const rootEnd = Math.max(0, epoch - random.below(8))
      const recent = Array.from({ length: epoch - rootEnd }, () => root.subarray(0, 8))
      const bytes = await signedPulse(identity, manifest, { epoch, counter: ++counter, rootEnd, root, recent })
      for (const peer of neighbours) pulse(peer, bytes)
    },
    answer(kind, bytes, _, hands) {
      const answer = ANSWERS[hands.random.below(ANSWERS.length)]!
      return kind === 'repair' ? answer(decodeRepairRequest(bytes), hands) : answer({ kind: 'chain', before: 0 }, hands)
    }
  }
}
