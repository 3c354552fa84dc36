/** I11: an honest peer is never penalised by an honest peer. */
import type { RunObserver, RunView } from '../observer.js'
import type { Report } from './violation.js'

/** Whoever passes on what a link has garbled is blamed for it; real links notice by themselves. */
function isGarbled({ faults }: RunView): boolean {
  return faults?.links?.some(({ corruption }) => (corruption ?? 0) > 0) ?? false
}

export function createStanding(report: Report): RunObserver {
  const told = new Set<string>()

  function check(run: RunView): void {
    if (isGarbled(run)) return
    const places = new Map(run.peers.filter(({ hostile }) => hostile === null).map(({ key, peer }) => [key, peer]))
    for (const { peer, hostile, penalties } of run.peers) {
      if (hostile !== null) continue
      for (const [key, lost] of penalties) {
        const place = places.get(key)
        if (place === undefined || lost === 0 || told.has(`${peer} ${place}`)) continue
        told.add(`${peer} ${place}`)
        report('I11', place, `peer ${peer} took score from it`)
      }
    }
  }

  return { onSecond: check, onEnd: check }
}
