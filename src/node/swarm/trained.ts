/** `--from`: the trained model that a new swarm starts from, out of a peer's home or a folder of `--out`. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../../core/bytes.js'
import { GRID } from '../../core/grid.js'
import { parameterCount } from '../../core/protocol/init.js'
import type { Manifest } from '../../core/protocol/manifest.js'
import { keptParams } from '../../peer/kept-params.js'
import { InputError, systemReason } from '../cli/errors.js'
import { readManifest } from '../cli/manifest-file.js'
import { Home } from '../store/home.js'

export interface Trained {
  readonly manifest: Manifest
  /** Grid units. */
  readonly params: Float64Array
  /** What the user may know about it, in words. */
  readonly words: string
  /** Of a home: who it is, and the key of a private swarm. */
  readonly home?: { readonly path: string; readonly swarmKey: Uint8Array | undefined }
}

/** @throws {InputError} when there is neither a home nor a model in the folder, or it is damaged or in use */
export async function readTrained(path: string): Promise<Trained> {
  const has = (name: string): Promise<boolean> =>
    stat(join(path, name)).then(
      () => true,
      () => false
    )
  if (await has('home.json')) return readHome(path)
  if (await has('manifest.json')) return readFolder(path)
  // Inside of such a folder is the model alone.
  if ((await has('weights.bin')) && (await has('../manifest.json'))) return readFolder(join(path, '..'))
  throw new InputError(
    `--from ${path}: is neither the home of a peer nor a folder that --out wrote; take one with home.json or manifest.json in it`
  )
}

async function readHome(path: string): Promise<Trained> {
  const home = await Home.open(path, { preparing: true })
  try {
    const { manifest, swarmKey } = home
    const { params, epoch } = await keptParams(home.store, manifest, toHex(home.privateKey.publicKey.raw))
    return { manifest, params, words: `the model of ${path} at epoch ${epoch}`, home: { path, swarmKey } }
  } finally {
    await home.close()
  }
}

async function readFolder(path: string): Promise<Trained> {
  const manifest = await readManifest(join(path, 'manifest.json'))
  const file = join(path, 'model', 'weights.bin')
  const bytes = await readFile(file).catch(cause => {
    throw new InputError(
      `${file}: ${systemReason(cause) ?? 'cannot be read'}; --from takes a folder whose training has come to its end`,
      { cause }
    )
  })
  const n = parameterCount(manifest.params.tensors)
  if (bytes.length !== 4 * n)
    throw new InputError(`${file}: has ${bytes.length} bytes, not the ${4 * n} of the ${n} parameters in manifest.json`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const params = Float64Array.from({ length: n }, (_, i) => Math.round(view.getFloat32(4 * i, true) * GRID))
  const wrong = params.findIndex(value => !Number.isSafeInteger(value))
  if (wrong >= 0) throw new InputError(`${file}: parameter ${wrong} is not a number that a model can have`)
  return { manifest, params, words: `the model of ${path}` }
}
