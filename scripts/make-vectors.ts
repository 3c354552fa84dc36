/** Writes the frozen vectors anew. That must change nothing: see test/vectors/README.md. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vectorBuilders, vectorText } from './vectors/index.js'

for (const [name, build] of Object.entries(vectorBuilders)) {
  const path = join('test', 'vectors', `${name}.json`)
  await writeFile(path, await vectorText(build))
  console.log(path)
}
