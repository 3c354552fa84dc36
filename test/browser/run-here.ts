/** Mocha's own browser build, with a reporter that the test outside can read. */
import 'mocha/mocha.js'

/** What became of the tests of a page. */
export interface Report {
  readonly passed: readonly string[]
  /** Title and error. */
  readonly failed: readonly string[]
}

/** Runs the tests that `register` describes, and leaves the report as `globalThis.report`. */
export async function runHere(register: () => Promise<void>): Promise<void> {
  const passed: string[] = []
  const failed: string[] = []
  mocha.setup({ ui: 'bdd', timeout: 120_000, reporter: 'dot' })
  await register()
  mocha
    .run()
    .on('pass', test => passed.push(test.fullTitle()))
    .on('fail', (test, error: unknown) =>
      failed.push(`${test.fullTitle()}: ${error instanceof Error ? error.stack : String(error)}`)
    )
    .on('end', () => Object.assign(globalThis, { report: { passed, failed } satisfies Report }))
}
