/** TensorFlow.js as Node has it: the native library where the user installed it, else wasm. */
import { ready, setBackend } from '@tensorflow/tfjs-core'
import type { ModelSpec } from '../../core/protocol/manifest.js'
import type { Engine } from '../../train/engine/engine.js'

export type EngineName = 'tfjs-node' | 'tfjs-wasm'

let chosen: Promise<EngineName> | undefined

/** Loads the backend, once; the second call waits for the first. @returns which one it is */
export function loadBackend(): Promise<EngineName> {
  chosen ??= choose()
  return chosen
}

/** @returns an engine for one model on the loaded backend */
export async function loadEngine(model: ModelSpec): Promise<Engine> {
  const [{ createEngine }] = await Promise.all([import('../../train/engine/engine.js'), loadBackend()])
  return createEngine(model)
}

async function choose(): Promise<EngineName> {
  if (await hasNative()) return 'tfjs-node'
  const [{ registerGradientKernels }] = await Promise.all([
    import('../../train/engine/wasm-kernels.js'),
    import('@tensorflow/tfjs-backend-wasm')
  ])
  await setBackend('wasm')
  await ready()
  registerGradientKernels()
  return 'tfjs-wasm'
}

/** It is never a dependency: its native library is downloaded at install. A broken installation counts as none. */
async function hasNative(): Promise<boolean> {
  const name: string = '@tensorflow/tfjs-node'
  try {
    await import(name)
  } catch {
    return false
  }
  return setBackend('tensorflow')
}
