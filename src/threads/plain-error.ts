/** Errors on their way between threads, which would lose their class. */

export interface PlainError {
  readonly name: string
  readonly message: string
  /** Where, for errors that know: a file, a field. */
  readonly place?: string
  readonly stack?: string | undefined
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  return { name, message, stack }
}

/** Of the classes that the language has; others keep their name. */
export function reviveError({ name, message, stack }: PlainError): Error {
  let error: Error
  if (name === 'RangeError') error = new RangeError(message)
  else if (name === 'TypeError') error = new TypeError(message)
  else error = Object.defineProperty(new Error(message), 'name', { value: name })
  if (stack !== undefined) error.stack = stack
  return error
}
