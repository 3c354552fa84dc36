/** Every fixed limit of the formats, each with its reason. What a swarm may choose for itself is in its manifest. */

/** First byte of an update body. A change that an old peer would misread is a new version. */
export const BODY_VERSION = 1

/** Parameters of a model: 2^26 grid params are half a gigabyte of doubles, as much as one peer should hold. */
export const MAX_PARAMETERS = 2 ** 26

/** Largest epoch, 2^40 − 1: at one epoch a second that is 34,000 years, and epochs stay exact in a double. */
export const MAX_EPOCH = 2 ** 40 - 1

/**
 * Largest weight of an update: a million samples. A manifest also keeps weight × value × authors within 2^53, so that sums
 * are exact; a larger weight would leave no room for the other two.
 */
export const MAX_WEIGHT = 2 ** 20

/** Largest s of a draw rate 2^-s: one in a million, beyond any swarm that one topic can carry. */
export const MAX_DRAW_BITS = 20

/** Bits a value may take on the wire: they divide a byte, and 1 to 4 cost no accuracy under error feedback. */
export const VALUE_BITS = [1, 2, 4, 8] as const
export type ValueBits = (typeof VALUE_BITS)[number]

/** An index shifted right by this is the number of its chunk. */
export const CHUNK_BITS = 12

/**
 * Coordinates that share one scale, 2^12: small enough that a tensor with large deltas does not coarsen its neighbours,
 * even in a model of a few thousand parameters, and large enough that at a density of 1 % (some 40 entries) a scale that
 * changes now and then costs less than 0.1 bit per entry.
 */
export const CHUNK = 2 ** CHUNK_BITS

/** Bits of a shift or a Rice parameter. */
export const PARAMETER_BITS = 5

/** Largest shift of a chunk: level · 2^shift must stay below 2^31, the bound of a residual. */
export const MAX_SHIFT = 30

/** Zero bits that announce an escaped gap: bounds a unary run, and a window of 32 bits always sees all of it. */
export const GAP_ESCAPE = 20

/** Gaps between two chances to change the Rice parameter: even unused they cost 1/64 bit per index. */
export const GAP_BLOCK = 64

/** Largest Rice parameter: the mean gap cannot reach 2^26. */
export const MAX_RICE = 25

/** An Ed25519 public key and signature, RFC 8032. */
export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** Longest payload type, so that a length is one byte; ours are 4 bytes. */
export const MAX_PAYLOAD_TYPE_BYTES = 127
