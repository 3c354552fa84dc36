/** Stochastic gradient descent with momentum (Polyak 1964) on the flat vector: v ← m·v + g, x ← x − r·v. */

export interface Optimizer {
  /** Changes `params` in place. @throws {RangeError} naming the index when a value is not finite */
  step(params: Float32Array, gradient: Float32Array): void
}

/** Velocities below this change nothing, but would become denormal floats, which are a hundred times slower. */
const TINY = 1e-30
/** Steps between looks for them: 0.9^64 is 1e-3, so none gets from 1e-30 to 1e-38 in between. */
const FLUSH_EVERY = 64

/** @param n length of params */
export function createMomentum(n: number, learningRate: number, momentum: number): Optimizer {
  const velocity = new Float32Array(n)
  let steps = 0
  return {
    step(params, gradient) {
      if (params.length !== n || gradient.length !== n) throw new RangeError(`this optimiser moves ${n} parameters`)
      const squares = move(params, velocity, gradient, learningRate, momentum)
      if (!Number.isFinite(squares)) {
        const index = params.findIndex(x => !Number.isFinite(x))
        throw new RangeError(`training left a value that is not finite at index ${index}; lower the learning rate`)
      }
      if (++steps % FLUSH_EVERY === 0) flush(velocity)
    }
  }
}

/** @returns the sum of squares, which NaN and infinity survive: one look at it finds them */
function move(
  params: Float32Array,
  velocity: Float32Array,
  gradient: Float32Array,
  rate: number,
  momentum: number
): number {
  let squares = 0
  for (let i = 0; i < params.length; i++) {
    const v = momentum * velocity[i]! + gradient[i]!
    velocity[i] = v
    const x = params[i]! - rate * v
    params[i] = x
    squares += x * x
  }
  return squares
}

function flush(velocity: Float32Array): void {
  for (let i = 0; i < velocity.length; i++) if (Math.abs(velocity[i]!) < TINY) velocity[i] = 0
}
