/**
 * The certificate of a peer's WebRTC-direct address, whose hash the address carries: kept beside the identity, an
 * address in an invite stays good. libp2p could keep one, too, but sets a timer for its renewal that no engine can hold
 * beyond 24 days, and would then renew it a thousand times a second.
 */
import { createHash, createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { pemBlock } from '../store/pem.js'
import { readIfThere } from '../store/read-file.js'
import { replaceFile } from '../store/replace-file.js'

export interface WebRTCCertificate {
  /** PEM, PKCS #8, ECDSA on P-256: what all browsers take. */
  readonly privateKey: string
  readonly pem: string
  /** Multibase of the multihash, as multiaddrs have it. */
  readonly certhash: string
  /** From then on the address has another hash. */
  readonly staleAt: Date
}

/** Days that a new one is good for. */
const LIFE_DAYS = 180
const DAY_MS = 24 * 3600 * 1000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A new key and a certificate that it signs itself (RFC 5280), good from a day before `now`. */
export async function makeCertificate(now: Date): Promise<WebRTCCertificate> {
  // Loaded where they are needed: a testnet does not wait for them. The second needs the first.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  // Whole seconds, as certificates have them.
  const from = Math.floor(now.getTime() / 1000) * 1000
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      name: 'CN=starlings',
      // Clocks differ.
      notBefore: new Date(from - DAY_MS),
      notAfter: new Date(from + LIFE_DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true)]
    },
    webcrypto
  )
  const privateKey = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return describe(privateKey.trim(), certificate.toString('pem').trim())
}

/** @throws when the two do not belong together */
function describe(privateKey: string, pem: string): WebRTCCertificate {
  const x509 = new X509Certificate(pem)
  if (!x509.checkPrivateKey(createPrivateKey(privateKey))) throw new Error('the key is of another certificate')
  const hash = createHash('sha256').update(x509.raw).digest()
  return {
    privateKey,
    pem,
    // The multihash of SHA-256, in the multibase that is called u.
    certhash: `u${Buffer.concat([Uint8Array.of(0x12, 0x20), hash]).toString('base64url')}`,
    staleAt: new Date(x509.validTo)
  }
}

export interface KeptCertificate {
  readonly certificate: WebRTCCertificate
  /** One line for the user, when invites from before do not lead here by WebRTC any more. */
  readonly warning: string | undefined
}

/**
 * The certificate in a file, or a new one when there is none, or when it is damaged or stale. Never sooner: invites say until
 * when the old one is good.
 * @throws {InputError} when the file cannot be read, or the new one not be written
 */
export async function keepCertificate(path: string, now: Date = new Date()): Promise<KeptCertificate> {
  const text = await readIfThere(path)
  const kept = text === undefined ? undefined : read(text)
  if (kept !== undefined && now < kept.staleAt) return { certificate: kept, warning: undefined }
  const certificate = await makeCertificate(now)
  await replaceFile(path, `${certificate.privateKey}\n${certificate.pem}\n`)
  const warning =
    text === undefined
      ? undefined
      : `the certificate for WebRTC ${kept === undefined ? 'was damaged' : 'went stale'} and is a new one: ` +
        'pages that have an older invite need a fresh one'
  return { certificate, warning }
}

/** @returns undefined when it is not what {@link keepCertificate} writes */
function read(text: string): WebRTCCertificate | undefined {
  try {
    return describe(pemBlock(text, 'PRIVATE KEY'), pemBlock(text, 'CERTIFICATE'))
  } catch {
    return undefined
  }
}
