/** The tests of the page's database, which Node runs on an imitation, by the browser's own. */
import { runHere } from './run-here.js'

await runHere(async () => {
  await import('../unit/browser/idb-store.test.js')
})
