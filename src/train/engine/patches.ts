/** im2col and col2im: a convolution's input as a matrix of patches, and back (Chellapilla et al. 2006). Pure. */

/** Geometry of one convolution; images are [batch, height, width, channels], row-major. */
export interface PatchGrid {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly outHeight: number
  readonly outWidth: number
  /** Kernel height and width. */
  readonly side: readonly [number, number]
  readonly stride: readonly [number, number]
  /** Rows and columns of zeros before the image. */
  readonly top: number
  readonly left: number
  /** batch × outHeight × outWidth */
  readonly positions: number
  /** kernel height × kernel width × channels */
  readonly patch: number
}

/** Writes the patches, [positions, patch]; outside the image is 0. */
export function gatherPatches(grid: PatchGrid, image: Float32Array, patches: Float32Array): void {
  patches.fill(0)
  forEachRun(grid, (patch, pixel, length) => {
    for (let i = 0; i < length; i++) patches[patch + i] = image[pixel + i]!
  })
}

/** Adds patches, [positions, patch], to where they came from; `image` is overwritten. */
export function addPatches(grid: PatchGrid, patches: Float32Array, image: Float32Array): void {
  image.fill(0)
  forEachRun(grid, (patch, pixel, length) => {
    for (let i = 0; i < length; i++) image[pixel + i]! += patches[patch + i]!
  })
}

/**
 * Calls back with each run of numbers that lie side by side both in a patch and in the image: one row of one patch, less
 * what lies outside the image.
 */
function forEachRun(grid: PatchGrid, visit: (patch: number, pixel: number, length: number) => void): void {
  const { height, width, channels } = grid
  const [rows, columns] = grid.side
  let patch = 0
  for (let b = 0; b < grid.batch; b++)
    for (let oy = 0; oy < grid.outHeight; oy++)
      for (let ox = 0; ox < grid.outWidth; ox++) {
        const left = ox * grid.stride[1] - grid.left
        const from = Math.max(0, left)
        const to = Math.min(width, left + columns)
        for (let i = 0; i < rows; i++, patch += columns * channels) {
          const y = oy * grid.stride[0] - grid.top + i
          if (y < 0 || y >= height || to <= from) continue
          visit(patch + (from - left) * channels, ((b * height + y) * width + from) * channels, (to - from) * channels)
        }
      }
}
