/** QR codes on terminals. */
import { encode, renderUnicodeCompact } from 'uqr'

/** White on black whatever the colours of the terminal are: many readers see nothing in a code that is inverted. */
const COLOURS = '\u001b[97;40m'
const RESET = '\u001b[0m'
/** The standard asks for 4; 2 do where the terminal is dark around it. */
const BORDER = 2

/** @param columns that there are @returns undefined when they are too few */
export function qrCode(text: string, columns: number): string | undefined {
  const options = { ecc: 'L', boostEcc: true, border: BORDER } as const
  if (encode(text, options).size > columns) return undefined
  const lines = renderUnicodeCompact(text, options).split('\n')
  return lines.map(line => `${COLOURS}${line}${RESET}`).join('\n')
}
