/**
 * What mocha lets pass as success, and is none: a rejection that nobody handles (its runner swallows them), and a run that
 * stops before its end, as when a test calls process.exit or a process of `--parallel` dies with nothing left to do.
 * Required by .mocharc.json, in the main process and in those that run files.
 */
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'

const lost: unknown[] = []
let ended = false

function note(reason: unknown): void {
  lost.push(reason)
}

/** The first one only: the hook that throws is where the suite stops. */
function report(): void {
  if (lost.length === 0) return
  const [reason] = lost.splice(0)
  // In the message, as causes do not come through from the processes of `--parallel`.
  throw new Error(`a promise was rejected, and nobody handled it: ${inspect(reason)}`)
}

function listen(): void {
  if (!process.listeners('unhandledRejection').includes(note)) process.on('unhandledRejection', note)
}

// Also while files load.
listen()

/** Root hooks run for every file; with `--parallel`, mocha takes all listeners off after each. */
export const mochaHooks = {
  beforeAll: listen,
  afterEach: report,
  async afterAll(): Promise<void> {
    // What the last test left behind is rejected by now.
    await setImmediate()
    report()
  }
}

/** Both run in the main process only. */
export function mochaGlobalSetup(): void {
  process.on('exit', () => {
    if (ended) return
    console.error('the run of tests did not come to its end')
    process.exitCode = 1
  })
}

export function mochaGlobalTeardown(): void {
  ended = true
}
