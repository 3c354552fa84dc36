/**
 * A test that fails tells what the commands said that it ran: an assertion about the end of a line of them, somewhere else and
 * on a busy machine, says nothing about why. Loaded by `.mocharc.json`.
 */
import { forgetEnded, tellAll } from '../e2e/starlings.js'

export const mochaHooks: Mocha.RootHookObject = {
  // After the hooks of the file, which end what still runs.
  afterEach(this: Mocha.Context) {
    const told = this.currentTest?.state === 'failed' ? tellAll() : ''
    if (told !== '') console.error(`\nwhat ran in "${this.currentTest?.fullTitle()}":\n${told}\n`)
    forgetEnded()
  }
}
