/** Reads gzip with what browsers and Node both have. */
import { DataError } from './error.js'

/** `bytes` unpacked when they are gzip, as they are otherwise. @throws {DataError} when the gzip is damaged. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(unpacked).arrayBuffer())
  } catch (cause) {
    throw new DataError(file, 'is a damaged or truncated gzip file', 'fetch it again', { cause })
  }
}
