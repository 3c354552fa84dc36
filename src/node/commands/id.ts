/** `starlings id`: who the peer of a home is, for those who make a list. */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { IdOptions } from '../cli/options.js'
import { Home } from '../store/home.js'

export async function id({ home }: IdOptions): Promise<void> {
  process.stdout.write(`${peerIdFromPrivateKey(await Home.identity(home))}\n`)
}
