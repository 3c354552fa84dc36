/** The tests of the core as they are, in a page: codecs, vectors, the step, on another engine's surroundings. */
import { runHere } from './run-here.js'

await runHere(import.meta.glob(['../unit/{wire,sparse,protocol}/**/*.test.js', '../unit/checksum.test.js']))
