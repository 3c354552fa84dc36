/** What `starlings serve` says about the page it serves. */
import type { Place } from './addresses.js'
import type { Certificate } from './certificate.js'

/** @returns lines that tell where the page is, and what works there */
export function placesInWords(places: readonly Place[]): string[] {
  const width = Math.max(...places.map(place => place.url.length))
  const lines = places.map(({ url, who, full }) => {
    const works = full ? 'takes part' : 'shows the page, but cannot take part: see below'
    return `  ${url.padEnd(width)}   ${who}: ${works}`
  })
  return ['The page is at', ...lines]
}

const NOT_SECURE = [
  'Browsers give a page full means only over https or on this machine itself. Over plain http from another machine it',
  'has no cryptography, so it can neither sign updates nor connect, and no service worker and no wake lock.',
  'For phones and other machines take one of',
  '  starlings serve --https      with a certificate that is made here',
  '  any https web host           copy the folder dist/page there; it works in any folder of the host'
]

/** @returns lines about plain http; none where nothing is missing */
export function plainInWords(places: readonly Place[]): string[] {
  return places.some(place => !place.full) ? NOT_SECURE : []
}

/** @param file where the certificate is kept */
export function certificateInWords({ fingerprint, validTo, made }: Certificate, file: string): string[] {
  const day = validTo.toISOString().slice(0, 10)
  const half = Math.ceil(fingerprint.length / 2)
  return [
    `The certificate is self-made: ${made ? `a new one, kept in ${file}` : `the one kept in ${file}`}, valid until ${day}.`,
    'Each browser warns of it once: "Your connection is not private" or the like. Open the details, compare the',
    'SHA-256 fingerprint with this one, and go on only if they are equal:',
    `  ${fingerprint.slice(0, half)}`,
    `  ${fingerprint.slice(half)}`,
    'With a self-made certificate everything works but two things: the page cannot be installed, and it does not open',
    'without this server. An https page may not open ws:// connections; it reaches nodes by WebRTC-direct.'
  ]
}
