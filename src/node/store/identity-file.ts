/** The private key of a peer in a file of its own. */
import { chmod, stat } from 'node:fs/promises'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { InputError } from '../cli/errors.js'
import { readIfThere } from './read-file.js'
import { replaceFile } from './replace-file.js'

const OTHERS = 0o077
const PROBE = new TextEncoder().encode('starlings')

export interface KeptIdentity {
  readonly privateKey: Ed25519PrivateKey
  /** What the user should know about the file. */
  readonly warning?: string
}

/** @returns undefined when there is none @throws {InputError} when the file does not hold a key */
export async function readIdentity(path: string): Promise<KeptIdentity | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const { mode } = await stat(path)
  const privateKey = await parse(path, text)
  // Windows has no such bits.
  if ((mode & OTHERS) === 0 || process.platform === 'win32') return { privateKey }
  const fixed = await chmod(path, mode & 0o700).then(
    () => 'which was changed now',
    () => 'and that cannot be changed here'
  )
  const warning =
    `${path}: other users of this machine could read this private key, ${fixed}; ` +
    'where you do not trust them, take a new home'
  return { privateKey, warning }
}

/** Makes a key and stores it, for its owner only. @throws {InputError} when it cannot be stored */
export async function createIdentityFile(path: string): Promise<Ed25519PrivateKey> {
  return store(path, await generateKeyPair('Ed25519'))
}

/** The same key in another home. @throws {InputError} when there is none to copy, or it cannot be stored */
export async function copyIdentity(from: string, to: string): Promise<Ed25519PrivateKey> {
  const kept = await readIdentity(from)
  if (kept === undefined) throw new InputError(`${from}: there is no key of a peer; take the folder of one`)
  return store(to, kept.privateKey)
}

async function store(path: string, privateKey: Ed25519PrivateKey): Promise<Ed25519PrivateKey> {
  const text = Buffer.from(privateKeyToProtobuf(privateKey)).toString('base64')
  await replaceFile(path, `${text}\n`)
  return privateKey
}

/** libp2p's protobuf of a private key in base64, as other libp2p programs write it. */
async function parse(path: string, text: string): Promise<Ed25519PrivateKey> {
  const base64 = text.trim()
  try {
    const key = privateKeyFromProtobuf(Buffer.from(base64, 'base64'))
    // Half of the bytes are the public key, which damage may have parted from the rest.
    if (key.type === 'Ed25519' && (await key.publicKey.verify(PROBE, await key.sign(PROBE)))) return key
  } catch {
    // Said below.
  }
  throw new InputError(
    `${path}: holds no Ed25519 private key any more; copy it back from a backup, ` +
      'or take a new home (--home with another folder), with which others see a new peer'
  )
}
