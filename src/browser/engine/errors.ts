/** Why there is no session. */
export type SessionFault =
  | 'insecure'
  | 'unsupported'
  | 'bad-invite'
  | 'nothing-kept'
  | 'other-tab'
  | 'other-swarm'
  | 'too-large'

/** The message is a sentence for the person. */
export class SessionError extends Error {
  override readonly name = 'SessionError'

  constructor(
    readonly fault: SessionFault,
    message: string,
    options?: ErrorOptions
  ) {
    super(message, options)
  }
}
