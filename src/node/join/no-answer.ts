/** What a person is told whom nobody lets in. */
import type { Invite } from '../../core/wire/invite.js'
import { peerIdOfKey } from '../../net/identity.js'
import { type Reachable, staleFrom } from '../../net/invite.js'
import type { Refused } from '../../net/refused.js'

/** @param id of this peer, for whoever keeps the list of members */
export function refusalsInWords(refusals: readonly Pick<Refused, 'words'>[], id: string): string {
  const reasons = [...new Set(refusals.map(({ words }) => words))]
  return `nobody whom the invite leads to lets this peer in:\n${reasons.map(words => `  ${words}`).join('\n')}\nthis peer's id is ${id}`
}

/** @param peers of the invite @param now ms since 1970 */
export function nobodyAnswers(peers: readonly Reachable[], invite: Invite, now = Date.now()): readonly string[] {
  const stale = staleFrom(invite)
  const tried = peers.flatMap(({ key, addresses }) => [
    `  ${peerIdOfKey(key)}`,
    ...addresses.map(address => `    ${address.replace(/\/p2p\/[^/]+$/, '')}`)
  ])
  return [
    ...(tried.length === 0
      ? ['the invite names nobody, and nobody was found']
      : ['nobody in the invite answers yet; tried:']),
    ...tried,
    ...(stale !== null && stale.getTime() <= now
      ? ['this invite has gone stale: some of its addresses hold certificates that were renewed since']
      : []),
    'it is tried on. Does a peer of the swarm run? Is this machine on a network? Addresses that begin with 10., 172. or 192.168.',
    'lead anywhere in their own network only. Else ask for a fresh invite, which starlings invite prints'
  ]
}
