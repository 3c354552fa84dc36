/** What `starlings doctor` makes of where others see this machine by UDP. Pure. */
import type { Facts } from './diagnosis.js'
import { listed } from './phrases.js'

/** WebRTC goes by UDP. */
export function udpOf({ witnesses, interfaces }: Facts): readonly string[] {
  const asked = witnesses.filter(({ udpSeenAs }) => udpSeenAs !== undefined)
  if (asked.length === 0) return []
  const seen = [...new Set(asked.flatMap(({ udpSeenAs }) => udpSeenAs ?? []))]
  if (seen.length === 0) return ['UDP does not get through: WebRTC will find no direct ways from here']
  if (seen.every(place => interfaces.includes(hostIn(place))))
    return [`by UDP it is seen at ${listed(seen.map(hostIn))}, its own address`]
  if (seen.length > 1)
    return [
      `by UDP it is seen at ${listed(seen)}: the router takes another port for each destination, and WebRTC finds direct ways to those in the open only`
    ]
  const answered = asked.filter(({ udpSeenAs }) => udpSeenAs !== null).length
  return [
    answered > 1
      ? `by UDP all see it at ${seen[0]}: WebRTC finds direct ways through most routers`
      : `by UDP it is seen at ${seen[0]}; whether the router keeps that port for others only a second witness could tell`
  ]
}

function hostIn(place: string): string {
  return place.replace(/:\d+$/, '')
}
