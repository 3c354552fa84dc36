/** Stochastic gradient descent with momentum (Polyak 1964) on the flat vector: v ← m·v + g, x ← x − r·v. */

export interface Optimizer {
  /** Changes `params` in place. @throws {RangeError} naming the index when a value is not finite */
  step(params: Float32Array, gradient: Float32Array): void
  /** All that it remembers, as bytes with a version. */
  state(): Uint8Array<ArrayBuffer>
  /** Takes back what `state` gave. @throws {RangeError} and changes nothing, when it does not fit */
  restore(state: Uint8Array): void
}

/** Of the bytes of a state. Read in another byte order than it was written in, it is not this number. */
const STATE_VERSION = 1
/** Version and steps, u32 each; n float32 follow. */
const HEADER_BYTES = 8

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
      steps = (steps + 1) % FLUSH_EVERY
      if (steps === 0) flush(velocity)
    },
    state() {
      const bytes = new Uint8Array(HEADER_BYTES + 4 * n)
      new Uint32Array(bytes.buffer, 0, 2).set([STATE_VERSION, steps])
      new Float32Array(bytes.buffer, HEADER_BYTES).set(velocity)
      return bytes
    },
    restore(state) {
      if (state.length !== HEADER_BYTES + 4 * n) throw new RangeError('this is the state of another optimiser')
      // Numbers can be read at an address that they divide only.
      const { buffer } = state.slice()
      const [version, kept] = new Uint32Array(buffer, 0, 2)
      if (version !== STATE_VERSION) throw new RangeError(`the state of an optimiser of version ${version}`)
      const values = new Float32Array(buffer, HEADER_BYTES)
      if (!values.every(Number.isFinite))
        throw new RangeError('the state of the optimiser holds a value that is not finite')
      velocity.set(values)
      steps = kept! % FLUSH_EVERY
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
