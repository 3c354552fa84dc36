/** Who did not become a neighbour, told to somebody who has an invite and nothing else. Pure. */
import type { Refused } from '../../net/refused.js'

/** @param known the swarm told what it is, so this page's own key is the right one */
export function refusedInWords({ reason, words }: Pick<Refused, 'reason' | 'words'>, known: boolean): string {
  if (reason !== 'wrong-key' || known) return words
  // Two keys differ, and only one side has a manifest to tell which of them is the swarm's.
  return 'The peers of this swarm have another key than the one in this invite. Ask whoever invited you for a fresh one.'
}
