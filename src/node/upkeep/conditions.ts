/** What is wrong with a running peer just now, a sentence each: told when it begins, and shown as long as it holds. */
import type { NeighbourStatus, PeerStatus } from '../../peer/events.js'
import { formatBytes, formatPlural } from '../report/units.js'

export interface Circumstances {
  readonly status: PeerStatus
  readonly neighbours: readonly NeighbourStatus[]
  /** Refusals by others of the last minutes, as sentences. */
  readonly refusals: readonly string[]
  /** Peer ids, shortened, of neighbours that do not take own updates. */
  readonly refusing: readonly string[]
  /** Since when every neighbour's history has differed from the own one, ms ago; null: it does not. */
  readonly differingMs: number | null
  /** Until the certificate for WebRTC is another one, ms; null: there is none. */
  readonly staleInMs: number | null
  /** Bytes of the day that are spent and allowed; null: there is no limit. */
  readonly spent: { readonly used: number; readonly allowed: number } | null
  /** Nobody is expected: the limit of the day is spent, or the node has just begun. */
  readonly isShut: boolean
}

const DAY_MS = 24 * 3600 * 1000
/** Without anybody for so long a person should know, ms. */
export const ALONE_MS = 180_000
/** Histories of neighbours are one again within seconds; one that stays another for so long will stay so, ms. */
export const DIFFERING_MS = 180_000

/** Who was invited lately may not have come yet, ms. */
export const STALE_SOON_MS = 14 * DAY_MS

/** What is wrong just now, a sentence each; empty when nothing is. */
export function conditions(c: Circumstances): readonly string[] {
  const out: string[] = []
  const { aloneMs, storing } = c.status
  if (!c.isShut && aloneMs !== null && aloneMs >= ALONE_MS)
    out.push(
      `no peers for ${formatPlural(Math.floor(aloneMs / 60_000), 'minute')}: nobody sees what this peer trains; see: starlings doctor`
    )
  for (const words of c.refusals) out.push(`refused: ${words}`)
  if (c.refusing.length > 0)
    out.push(
      `your updates are being refused: ${c.refusing.join(', ')} ${c.refusing.length === 1 ? 'asks' : 'ask'} for them again and again and ` +
        'does not take them; compare the versions of Starlings'
    )
  if (c.differingMs !== null && c.differingMs >= DIFFERING_MS)
    out.push(
      `for ${formatPlural(Math.floor(c.differingMs / 60_000), 'minute')} no neighbour has had the same history as this peer: ` +
        'what it sends may not count with them; connect to more peers'
    )
  if (c.staleInMs !== null && c.staleInMs > 0 && c.staleInMs <= STALE_SOON_MS)
    out.push(
      `invites from before go stale in ${formatPlural(Math.ceil(c.staleInMs / DAY_MS), 'day')}: this peer then takes a new certificate ` +
        'for WebRTC, and whoever wants to come by a page later needs a fresh one'
    )
  if (storing === 'unsaved')
    out.push('nothing can be saved: what was trained since would be lost in a crash; free some space in the home')
  if (c.spent !== null && c.spent.used >= c.spent.allowed)
    out.push(
      `${formatBytes(c.spent.used)} of the day's ${formatBytes(c.spent.allowed)} are used: off the air until midnight`
    )
  return out
}
