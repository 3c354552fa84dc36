/** The manifest of a home: the copy in it, the one that a flag names, and whether they are the same. */
import { dirname } from 'node:path'
import { type Manifest, swarmId } from '../../core/protocol/manifest.js'
import { InputError } from '../cli/errors.js'
import { readManifest } from '../cli/manifest-file.js'
import { commandName, shellWord } from '../node-lines.js'
import { replaceFile } from './replace-file.js'
import type { HomeFile } from './settings.js'

/** @param about undefined when the home is new, or lost its settings */
export async function keptManifest(
  path: string,
  about: HomeFile | undefined,
  given: Manifest | undefined,
  from: string
): Promise<Manifest> {
  const there = about === undefined ? await readManifest(path).catch(() => undefined) : undefined
  const swarm = about?.swarm ?? (there && swarmId(there))
  const [command, home] = [commandName(process.env), shellWord(dirname(path))]
  if (given !== undefined && swarm !== undefined && swarmId(given) !== swarm)
    throw new InputError(
      `--home ${dirname(path)}: belongs to the swarm ${swarm}, but ${from} is of ${swarmId(given)}; ` +
        `take another folder for it, or start the peer that lives there with: ${command} node --home ${home}`
    )
  if (about === undefined) {
    const manifest = given ?? there
    if (manifest !== undefined) return manifest
    throw new InputError(
      `--home ${dirname(path)}: is new and belongs to no swarm yet; make a swarm with: ${command} swarm create digits --home ` +
        `${home}, take part in a friend's with: ${command} join '<invite>' --home ${home}, ` +
        'or start once with --swarm <manifest.json>, too'
    )
  }
  const manifest = await readManifest(path).catch(async error => {
    if (given === undefined) {
      const why = error instanceof Error ? error.message.split(/[;\n]/)[0] : String(error)
      throw new InputError(`${why}; start once more with --swarm <manifest.json>, which writes it anew`, {
        cause: error
      })
    }
    await replaceFile(path, `${JSON.stringify(given, null, 2)}\n`)
    return given
  })
  if (swarmId(manifest) === about.swarm) return manifest
  throw new InputError(
    `${path}: was changed, and is of another swarm now; start once more with --swarm and the manifest of ${about.swarm}`
  )
}
