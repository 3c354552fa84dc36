/** Keys and certificates as text (RFC 7468). */

/** The first block of this kind, with its marks, without a final line end. @throws {Error} when there is none */
export function pemBlock(text: string, kind: 'PRIVATE KEY' | 'CERTIFICATE'): string {
  const found = new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`).exec(text)
  if (!found) throw new Error(`no ${kind}`)
  return found[0]
}
