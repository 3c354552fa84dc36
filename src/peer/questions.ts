/** Asks a neighbour what the core wants to know, and decodes the answer. PROTOCOL.md, section 7. */
import type { ChainRequest, DigestsRequest, Effect, MissingRequest } from '../core/protocol/effects.js'
import { DecodeError } from '../core/wire/error.js'
import {
  type ChainAnswer,
  decodeChainAnswer,
  decodeDigestsAnswer,
  decodeMissingAnswer,
  encodeRepairRequest,
  MAX_REPAIR_ANSWER_BYTES,
  type MissingAnswer
} from '../core/wire/repair.js'
import type { Streams } from '../interface.js'

/** A neighbour that needs longer is asked again after its next pulses. */
const ANSWER_TIMEOUT_MS = 5000

export type Answer =
  | {
      readonly kind: 'digests'
      readonly request: DigestsRequest
      readonly digests: (Uint8Array | null)[]
      readonly bytes: number
    }
  | ({ readonly kind: 'missing'; readonly request: MissingRequest; readonly bytes: number } & MissingAnswer)
  | { readonly kind: 'chain'; readonly request: ChainRequest; readonly answer: ChainAnswer; readonly bytes: number }
  /** `rubbish`: it answered, and no honest peer answers so. */
  | { readonly kind: 'failed'; readonly rubbish: boolean; readonly bytes: number }

/** Never rejects. */
export async function ask(
  streams: Streams,
  { to, request }: Effect & { type: 'ask' },
  maxUpdateBytes: number,
  signal: AbortSignal
): Promise<Answer> {
  let bytes = 0
  try {
    const answer = await streams.request(to, 'repair', encodeRepairRequest(request), {
      // One update alone may exceed the usual bound, and a conflict is two.
      maxBytes: MAX_REPAIR_ANSWER_BYTES + 2 * maxUpdateBytes,
      timeoutMs: ANSWER_TIMEOUT_MS,
      signal
    })
    bytes = answer.length
    if (request.kind === 'digests')
      return { kind: 'digests', request, digests: decodeDigestsAnswer(answer, request.count), bytes }
    if (request.kind === 'missing')
      return { kind: 'missing', request, ...decodeMissingAnswer(answer, maxUpdateBytes), bytes }
    return { kind: 'chain', request, answer: decodeChainAnswer(answer), bytes }
  } catch (error) {
    return { kind: 'failed', rubbish: error instanceof DecodeError, bytes }
  }
}
