/** What a running node can be asked, and what it answers: one JSON object in a line each way. */
import * as v from 'valibot'

/** A question is a line of at most so many bytes. */
export const MAX_REQUEST_BYTES = 4096
/** An answer: a status with some hundred neighbours is 50 KB. */
export const MAX_ANSWER_BYTES = 1_048_576

const request = v.variant('ask', [
  v.strictObject({ ask: v.literal('status') }),
  v.strictObject({ ask: v.literal('pause') }),
  v.strictObject({ ask: v.literal('resume') }),
  v.strictObject({ ask: v.literal('leave') }),
  v.strictObject({
    ask: v.literal('invite'),
    /** Address of the page that the link is to open. */
    page: v.exactOptional(v.pipe(v.string(), v.maxLength(1024)))
  })
])

export type ControlRequest = Readonly<v.InferOutput<typeof request>>

/** @throws {TypeError} in one line */
export function parseRequest(line: string): ControlRequest {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new TypeError('the question is no JSON', { cause })
  }
  const parsed = v.safeParse(request, value)
  if (parsed.success) return parsed.output
  throw new TypeError('this node does not know that question; is it of another version of Starlings?')
}

export type ControlReply = { readonly answer: unknown } | { readonly error: string }

const reply = v.union([v.object({ answer: v.unknown() }), v.object({ error: v.string() })])

/** @throws {TypeError} in one line */
export function parseReply(line: string): ControlReply {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new TypeError('the answer is no JSON', { cause })
  }
  const parsed = v.safeParse(reply, value)
  if (parsed.success) return parsed.output
  throw new TypeError('the answer is neither an answer nor an error')
}
