/** The tests of the core as they are, in a page: codecs, vectors, the step, on another engine's surroundings. */
import { runHere } from './run-here.js'

const modules = import.meta.glob(['../unit/{wire,sparse,protocol}/**/*.test.js', '../unit/checksum.test.js'])

await runHere(async () => {
  for (const load of Object.values(modules)) await load()
})
