/** A self-made certificate for the page's server, kept so that browsers need to be told once only. */
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname } from 'node:path'
import { InputError } from '../cli/errors.js'
import { pemBlock } from '../store/pem.js'
import { readIfThere } from '../store/read-file.js'
import { replaceFile } from '../store/replace-file.js'

export interface Certificate {
  /** PEM, private key and certificate. */
  readonly key: string
  readonly cert: string
  /** SHA-256, as browsers show it: AB:CD:… */
  readonly fingerprint: string
  readonly validTo: Date
  /** False when it lay in the file already. */
  readonly made: boolean
}

const DAY_MS = 86_400_000
/** Browsers refuse certificates that are valid for longer than about 398 days. */
const VALID_DAYS = 397
/** One that ends sooner is replaced. */
const LEAST_DAYS = 14
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/**
 * The certificate in `path`, or a new one that is then kept there, for its owner only.
 * @param hosts names and addresses that it must be good for; those of an earlier one are kept
 * @throws {InputError} when the file holds something else, or cannot be written
 */
export async function keptCertificate(path: string, hosts: readonly string[], now: Date): Promise<Certificate> {
  const kept = await read(path)
  if (kept !== undefined && covers(kept, hosts, now)) return { ...kept, made: false }
  const names = [...new Set([...hosts, ...(kept === undefined ? [] : hostsOf(kept.x509))])]
  const { key, cert } = await make(names, now)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await replaceFile(path, `${key.trim()}\n${cert.trim()}\n`)
  const x509 = new X509Certificate(cert)
  return { key, cert, fingerprint: x509.fingerprint256, validTo: new Date(x509.validTo), made: true }
}

type Kept = Omit<Certificate, 'made'> & { readonly x509: X509Certificate }

async function read(path: string): Promise<Kept | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  try {
    const [key, cert] = [pemBlock(text, 'PRIVATE KEY'), pemBlock(text, 'CERTIFICATE')]
    const x509 = new X509Certificate(cert)
    if (!x509.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is of another certificate')
    return { key, cert, x509, fingerprint: x509.fingerprint256, validTo: new Date(x509.validTo) }
  } catch (cause) {
    throw new InputError(
      `${path}: holds no certificate with its key any more; delete the file, and a new one is made`,
      {
        cause
      }
    )
  }
}

function covers({ x509, validTo }: Kept, hosts: readonly string[], now: Date): boolean {
  if (validTo.getTime() - now.getTime() < LEAST_DAYS * DAY_MS) return false
  return hosts.every(host => (isIP(host) === 0 ? x509.checkHost(host) : x509.checkIP(host)) !== undefined)
}

/** As `DNS:localhost, IP Address:127.0.0.1`. */
function hostsOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(found => found[1]!)
}

async function make(hosts: readonly string[], now: Date): Promise<{ key: string; cert: string }> {
  // Loaded where they are needed: a start without --https does not wait for them. The second needs the first.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const cert = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      name: 'CN=Starlings page',
      // Clocks of phones differ.
      notBefore: new Date(now.getTime() - DAY_MS),
      notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS - DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          hosts.map(value => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const)
        )
      ]
    },
    webcrypto
  )
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { key, cert: cert.toString('pem') }
}
