/** What is shown of a swarm before anything of the person's is used. */
import { shortId } from '../../core/protocol/short-id.js'
import { swarmDigest } from '../../core/protocol/swarm-id.js'
import type { Brought } from '../../net/bring.js'
import type { Preview } from './session.js'
import type { BrowserHome } from './storage/home.js'

/** Keeps the manifest for the next visit, too. */
export async function previewOf(home: BrowserHome, swarm: string, brought: Brought): Promise<Preview> {
  const staleAt = await home.get(swarm, 'staleAt')
  await home.put(swarm, 'manifest', brought.manifest)
  return {
    ...brought,
    swarm,
    words: shortId(swarmDigest(swarm)),
    staleAt: staleAt === undefined ? null : new Date(staleAt)
  }
}
