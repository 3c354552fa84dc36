/** Bytes of a file as text, for the forms of data that are text. */
import { DataError } from './error.js'

/** A byte order mark is left in place. @throws {DataError} when it is none, rather than a page of rubbish */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.includes(0)) throw new DataError(file, 'is not a text file', 'CSV in UTF-8 is needed')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new DataError(file, 'is not text in UTF-8', 'save it as CSV in UTF-8', { cause })
  }
}
