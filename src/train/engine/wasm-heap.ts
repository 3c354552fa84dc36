/** The little that the kernels and the engine need to know of the wasm backend's inside. */
import type { KernelFunc, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core'

/** The public part of tfjs-backend-wasm's `BackendWasm` that is used here. */
export interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo
  disposeData(dataId: TensorInfo['dataId']): boolean
  /** A view of the heap; stale after the next allocation, which may grow the heap. */
  typedArrayFromHeap(info: TensorInfo): Float32Array
}

/** @returns the backend seen as wasm, or undefined when it is another one */
export function asWasm(backend: unknown): WasmBackend | undefined {
  const known =
    typeof backend === 'object' && backend !== null && 'typedArrayFromHeap' in backend && 'makeOutput' in backend
  return known ? (backend as unknown as WasmBackend) : undefined
}

/** Runs a kernel that gives one tensor. */
export function runKernel(
  kernel: KernelFunc,
  backend: WasmBackend,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap
): TensorInfo {
  const out = kernel({ inputs, attrs, backend })
  return Array.isArray(out) ? out[0]! : out
}

/** A float32 tensor's numbers: on wasm a view that lasts until the next allocation, elsewhere a copy. */
export function numbers(tensor: Tensor, wasm: WasmBackend | undefined): Float32Array {
  return wasm === undefined ? (tensor.dataSync() as Float32Array) : wasm.typedArrayFromHeap(tensor)
}
