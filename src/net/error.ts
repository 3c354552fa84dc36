/** What can go wrong between two neighbours; a closed set, because each reason is also a metric's label. */
export type ExchangeReason =
  /** No open connection to that peer, or it does not speak this swarm's protocols. */
  | 'not-connected'
  | 'timeout'
  /** By the caller's signal or by `stop`. */
  | 'aborted'
  /** The other side reset the stream, or the connection died. */
  | 'reset'
  /** A message above its limit arrived. */
  | 'oversized'
  /** A newer pulse took this one's place while the stream was stuck. */
  | 'superseded'
  /** Too many exchanges at once. */
  | 'busy'

export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'

  constructor(
    readonly reason: ExchangeReason,
    detail?: string,
    options?: ErrorOptions
  ) {
    super(detail === undefined ? reason : `${reason}: ${detail}`, options)
  }
}

/** Any failure of a libp2p stream as an {@link ExchangeError}. */
export function exchangeError(cause: unknown, signal?: AbortSignal): ExchangeError {
  if (cause instanceof ExchangeError) return cause
  if (signal?.aborted) {
    if (signal.reason instanceof ExchangeError) return signal.reason
    return new ExchangeError('aborted', undefined, { cause: signal.reason })
  }
  const name = cause instanceof Error ? cause.name : ''
  const oversized = ['InvalidDataLengthError', 'InvalidDataLengthLengthError', 'StreamBufferError'].includes(name)
  return new ExchangeError(oversized ? 'oversized' : 'reset', cause instanceof Error ? cause.message : String(cause), {
    cause
  })
}
