/** Errors as users read them: one or two lines that name the place and the remedy, and the exit code. */

/** A command, a flag or its value is wrong. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A file, the data or the network is wrong. Exit code 1. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** A question was answered with no, on stdout. Exit code 1. */
export class AnswerIsNo extends Error {
  override readonly name = 'AnswerIsNo'
}

/** Stopped by Ctrl-C or a signal; nothing to explain. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

export interface Failure {
  readonly exitCode: number
  /** What goes to stderr, without a final line end; empty when there is nothing to say. */
  readonly text: string
}

/** By name, because errors also arrive from other rooms, which do not know this file. */
const INPUT_ERRORS = new Set([
  'InputError',
  'DataError',
  'ManifestError',
  'TopologyError',
  'FaultsError',
  'KeptError',
  'AdmissionError'
])

/** What the operating system refuses, in words. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a folder, a file is needed',
  ENOTDIR: 'is not a folder',
  EEXIST: 'exists already',
  ENOSPC: 'no space left on the disk',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files; raise the limit with ulimit -n',
  EADDRINUSE: 'address in use; choose another port',
  EADDRNOTAVAIL: 'not an address of this machine'
}

/** Words for an error of the operating system, or undefined when it is none. */
export function systemReason(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? SYSTEM_ERRORS[code] : undefined
}

/** What quotes files and flags, which come from anybody: nothing in it moves the cursor or changes colours. */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, '\ufffd')
}

/**
 * @param verbose appends stacks, causes included
 * @param command of which help is offered when the command line is at fault; '' for all of them
 */
export function describeFailure(error: unknown, verbose: boolean, command?: string): Failure {
  const { exitCode, text } = failure(error, verbose, command)
  return { exitCode, text: printable(text) }
}

function failure(error: unknown, verbose: boolean, command?: string): Failure {
  if (!(error instanceof Error)) return { exitCode: 1, text: `starlings: ${String(error)}` }
  if (error.name === 'Interrupted') return { exitCode: 130, text: '' }
  if (error.name === 'AnswerIsNo') return { exitCode: 1, text: '' }
  const stack = verbose ? `\n${stacks(error)}` : ''
  const usage = error.name === 'UsageError' || ('fault' in error && error.fault === 'usage')
  if (usage) {
    const told = command === undefined || error.message.includes('\nSee: ')
    const see = told ? '' : `\nSee: ${['starlings', command, '--help'].filter(Boolean).join(' ')}`
    return { exitCode: 2, text: `starlings: ${error.message}${see}${stack}` }
  }
  if (INPUT_ERRORS.has(error.name)) return { exitCode: 1, text: `starlings: ${error.message}${stack}` }
  const system = systemReason(error)
  if (system !== undefined) {
    const place = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : ''
    return { exitCode: 1, text: `starlings: ${place}${system}${stack}` }
  }
  const hint = verbose ? '' : '\nThis was not expected. Run it again with --verbose to see where it happened.'
  return { exitCode: 1, text: `starlings: ${error.message || error.name}${hint}${stack}` }
}

function stacks(error: Error): string {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? `${own}\ncaused by ${stacks(error.cause)}` : own
}
