/**
 * Gradient kernels for TensorFlow.js's wasm backend. It has no Conv2DBackpropFilter, so convolutions do not train on it;
 * its Conv2DBackpropInput is a plain loop; and its transposed matMul is 10 to 30 times slower than a transpose followed
 * by the plain matMul, which runs on XNNPACK. All three become transposes, copies and plain matMuls here.
 */
import {
  backend_util,
  getKernel,
  type KernelConfig,
  registerKernel,
  type TensorInfo,
  unregisterKernel
} from '@tensorflow/tfjs-core'
import { addPatches, gatherPatches, type PatchGrid } from './patches.js'
import { asWasm, runKernel, type WasmBackend } from './wasm-heap.js'

let registered = false

/** Registers the kernels with the wasm backend, which must be imported before; doing so twice is fine. */
export function registerGradientKernels(): void {
  if (registered) return
  registered = true
  const plain = getKernel('BatchMatMul', 'wasm').kernelFunc
  const swap = getKernel('Transpose', 'wasm').kernelFunc

  const transpose = (backend: WasmBackend, x: TensorInfo): TensorInfo => {
    const perm = x.shape.map((_, axis) => axis)
    perm.push(...perm.splice(-2).reverse())
    return runKernel(swap, backend, { x }, { perm })
  }
  const matMul = (backend: WasmBackend, a: TensorInfo, b: TensorInfo): TensorInfo =>
    runKernel(plain, backend, { a, b }, { transposeA: false, transposeB: false })

  replace('BatchMatMul', ({ inputs, attrs, backend }) => {
    const wasm = wasmOf(backend)
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo }
    const turnA = attrs?.transposeA === true
    const turnB = attrs?.transposeB === true
    const flip = a.shape.length === 2 && b.shape.length === 2 && flippingPays(a.shape, b.shape, turnA, turnB)
    // a·b, or (bᵀ·aᵀ)ᵀ
    const left = flip ? (turnB ? b : transpose(wasm, b)) : turnA ? transpose(wasm, a) : a
    const right = flip ? (turnA ? a : transpose(wasm, a)) : turnB ? transpose(wasm, b) : b
    const product = matMul(wasm, left, right)
    for (const used of [left, right]) if (used !== a && used !== b) wasm.disposeData(used.dataId)
    if (!flip) return product
    const out = transpose(wasm, product)
    wasm.disposeData(product.dataId)
    return out
  })

  // dW [patch, filters] = patchesᵀ [patch, positions] · dy [positions, filters]
  replace('Conv2DBackpropFilter', ({ inputs, attrs, backend }) => {
    const wasm = wasmOf(backend)
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
    const filterShape = attrs?.filterShape as Shape4
    const grid = patchGrid(x.shape as Shape4, filterShape, attrs)
    const patches = wasm.makeOutput([grid.positions, grid.patch], 'float32')
    gatherPatches(grid, wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(patches))
    const turned = transpose(wasm, patches)
    const out = matMul(wasm, turned, { ...dy, shape: [grid.positions, filterShape[3]] })
    wasm.disposeData(patches.dataId)
    wasm.disposeData(turned.dataId)
    return { ...out, shape: filterShape }
  })

  // dx = patches put back and added up; patches [positions, patch] = dy [positions, filters] · Wᵀ [filters, patch]
  replace('Conv2DBackpropInput', ({ inputs, attrs, backend }) => {
    const wasm = wasmOf(backend)
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
    const inputShape = attrs?.inputShape as Shape4
    const grid = patchGrid(inputShape, filter.shape as Shape4, attrs)
    const filters = filter.shape[3]!
    const turned = transpose(wasm, { ...filter, shape: [grid.patch, filters] })
    const patches = matMul(wasm, { ...dy, shape: [grid.positions, filters] }, turned)
    const out = wasm.makeOutput(inputShape, 'float32')
    addPatches(grid, wasm.typedArrayFromHeap(patches), wasm.typedArrayFromHeap(out))
    wasm.disposeData(turned.dataId)
    wasm.disposeData(patches.dataId)
    return out
  })
}

/**
 * XNNPACK packs the right operand anew for every step's weights, which costs about six times as much per number as a
 * transpose (measured): with a small left operand, say a batch against a wide layer, the flipped product is faster.
 */
function flippingPays(a: number[], b: number[], turnA: boolean, turnB: boolean): boolean {
  const sizeA = a[0]! * a[1]!
  const sizeB = b[0]! * b[1]!
  const sizeOut = a[turnA ? 1 : 0]! * b[turnB ? 0 : 1]!
  const plain = 6 * sizeB + (turnA ? sizeA : 0) + (turnB ? sizeB : 0)
  const flipped = 6 * sizeA + (turnA ? 0 : sizeA) + (turnB ? 0 : sizeB) + sizeOut
  return flipped < plain
}

type Shape4 = [number, number, number, number]

function replace(kernelName: string, kernelFunc: KernelConfig['kernelFunc']): void {
  if (getKernel(kernelName, 'wasm') !== undefined) unregisterKernel(kernelName, 'wasm')
  registerKernel({ kernelName, backendName: 'wasm', kernelFunc })
}

function wasmOf(backend: unknown): WasmBackend {
  const wasm = asWasm(backend)
  if (wasm === undefined) throw new TypeError('these kernels run on the wasm backend only')
  return wasm
}

function patchGrid(
  input: Shape4,
  filter: Shape4,
  attrs: Parameters<KernelConfig['kernelFunc']>[0]['attrs']
): PatchGrid {
  const { strides, pad, dimRoundingMode, dataFormat } = attrs as unknown as {
    strides: number | [number, number]
    pad: 'same' | 'valid' | number
    dimRoundingMode?: 'floor' | 'round' | 'ceil'
    dataFormat: 'NHWC' | 'NCHW'
  }
  if (dataFormat === 'NCHW') throw new TypeError('these kernels take channels last only')
  const info = backend_util.computeConv2DInfo(input, filter, strides, 1, pad, dimRoundingMode)
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    side: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    top: info.padInfo.top,
    left: info.padInfo.left,
    positions: info.batchSize * info.outHeight * info.outWidth,
    patch: info.filterHeight * info.filterWidth * info.inChannels
  }
}
