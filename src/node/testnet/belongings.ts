/** What a peer of a testnet keeps while it is down: a home like that of `starlings node --home`, in a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryHomes {
  /** Holds one home for each peer, named by its number. */
  readonly folder: string
  remove(): Promise<void>
}

export async function temporaryHomes(): Promise<TemporaryHomes> {
  const folder = await mkdtemp(join(tmpdir(), 'starlings-testnet-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** While the peer is down: all is lost but who it is, as when an identity was written down elsewhere. */
export async function loseDisk(home: string): Promise<void> {
  for (const name of ['state', 'mark']) await rm(join(home, name), { recursive: true, force: true })
}
