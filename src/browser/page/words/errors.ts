/** Errors of the engine as sentences; nothing of a stack ends up on the screen. */

export interface Problem {
  readonly title: string
  readonly detail: string
}

/** By the names that errors give themselves: classes of other rooms need not be loaded for it. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { title: 'Something went wrong', detail: String(error) }
  switch (error.name) {
    case 'SessionError':
      return { title: sessionTitle(error), detail: error.message }
    case 'InviteError':
      return { title: 'This invite cannot be read', detail: error.message }
    case 'DataError':
      return { title: 'This data cannot be used', detail: error.message }
    default:
      return { title: 'Something went wrong', detail: error.message || error.name }
  }
}

function sessionTitle(error: Error): string {
  switch ('fault' in error ? error.fault : undefined) {
    case 'bad-invite':
      return 'This invite cannot be read'
    case 'other-swarm':
      return 'This invite is to another swarm'
    case 'too-large':
      return 'This swarm is too large for a browser'
    case 'insecure':
    case 'unsupported':
      return 'This browser cannot take part'
    default:
      return 'It could not be opened'
  }
}
