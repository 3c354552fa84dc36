/** TensorFlow.js as a page has it: wasm, from files that are the page's own. */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { env, ready, setBackend } from '@tensorflow/tfjs-core'
import { registerGradientKernels } from '../../../train/engine/wasm-kernels.js'

/** Loads the backend. */
export async function loadWasm(): Promise<void> {
  // Threads would be started from code in a string, which the page's policy forbids, and this thread is one already.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  const at = (url: string): string => new URL(url, import.meta.url).href
  setWasmPaths({
    'tfjs-backend-wasm.wasm': at(plain),
    'tfjs-backend-wasm-simd.wasm': at(simd),
    // Asked for, and never fetched.
    'tfjs-backend-wasm-threaded-simd.wasm': at(simd)
  })
  await setBackend('wasm')
  await ready()
  registerGradientKernels()
}
