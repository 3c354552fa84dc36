/** Every vector file and what makes it. */
import { compressVectors } from './compress.js'
import { envelopeVectors } from './envelope.js'
import { bringVectors, helloVectors } from './hello.js'
import { inviteVectors } from './invite.js'
import { manifestVectors } from './manifest.js'
import { claimVectors, pulseVectors, repairVectors, snapshotVectors } from './messages.js'
import { peersVectors } from './peers.js'
import { quantiseVectors } from './quantise.js'
import { recordVectors } from './record.js'
import { topkVectors } from './topk.js'
import { refusedVectors, updateVectors } from './update.js'

/** Anything JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A list of cases; equal on every call and every engine. */
export type VectorBuilder = () => readonly Json[] | Promise<readonly Json[]>

/** File name without `.json` → its builder. */
export const vectorBuilders: Readonly<Record<string, VectorBuilder>> = {
  topk: topkVectors,
  quantise: quantiseVectors,
  compress: compressVectors,
  update: updateVectors,
  refused: refusedVectors,
  envelope: envelopeVectors,
  claim: claimVectors,
  pulse: pulseVectors,
  repair: repairVectors,
  snapshot: snapshotVectors,
  record: recordVectors,
  peers: peersVectors,
  manifest: manifestVectors,
  invite: inviteVectors,
  hello: helloVectors,
  bring: bringVectors
}

/** The text of a vector file: one case per line, so that a change shows which case it is. */
export async function vectorText(build: VectorBuilder): Promise<string> {
  const cases = await build()
  return `[\n${cases.map(one => `  ${JSON.stringify(one)}`).join(',\n')}\n]\n`
}
