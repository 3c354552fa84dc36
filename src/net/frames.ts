/** Length-prefixed messages on a libp2p stream, with every length bounded before anything waits for it. */
import type { Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { ExchangeError } from './error.js'

/** A message has less than 2^28 bytes. */
const MAX_PREFIX_BYTES = 4

/**
 * libp2p reads chunks as they come and looks at the length then; this much more than one message may lie unread before
 * the stream is reset.
 */
const CHUNK_BYTES = 256 * 1024

/** @param maxBytes of one message; a longer one rejects the read */
export function frames(stream: Stream, maxBytes: number): LengthPrefixedStream<Stream> {
  return lpStream(stream, { maxDataLength: maxBytes, maxBufferSize: maxBytes + CHUNK_BYTES, lengthDecoder: readLength })
}

/**
 * An unsigned varint. libp2p's own decoder goes on reading, and keeping, a prefix that never ends.
 * @throws {RangeError} which asks `lpStream` for another byte
 */
function readLength(prefix: { readonly byteLength: number; get(index: number): number }): number {
  let value = 0
  for (let i = 0; i < prefix.byteLength; i++) {
    const byte = prefix.get(i)
    value += (byte % 128) * 128 ** i
    if (byte < 128) return value
  }
  if (prefix.byteLength >= MAX_PREFIX_BYTES) throw new ExchangeError('oversized', 'a length prefix without an end')
  throw new RangeError('the length prefix goes on')
}
