/** One request to a router. Not `fetch`: small web servers want the case of headers kept and a connection for each request. */
import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly text: string
}

/** A description of a router has some 10 KB. */
const MAX_BYTES = 256 * 1024
const ANSWER_MS = 5000

export interface Ask {
  /** Sent by POST. @default nothing is, by GET */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** @throws Error when nobody answers in time, or too much is answered */
export function ask(url: URL, { body, headers = {}, signal }: Ask = {}): Promise<Answer> {
  const timeout = AbortSignal.timeout(ANSWER_MS)
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
        headers: { ...headers, ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }) },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > MAX_BYTES)
            response.destroy(new RangeError(`${url.host} answers more than ${MAX_BYTES} bytes`))
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      }
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
