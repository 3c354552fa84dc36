/** A connection whose bytes arrive late: what a long or a thin line does to TCP, in order and without loss. */
import type { Clock } from '../interface.js'
import type { DrivenConnection } from './driven.js'

export interface LineRule {
  /** Of one read from the socket, ms, at least 0; asked anew for each. */
  delayMs(): number
  /** Kilobits a second, above 0; infinity: as fast as the machine. */
  readonly bandwidthKbps: number
}

/** Bytes under way beyond which the socket is left unread, so that the sender feels the line, too. */
const MAX_UNDER_WAY = 256 * 1024

interface Waiting {
  readonly due: number
  readonly bytes: number
  deliver(): void
}

/**
 * Holds up what `connection` reads. Later bytes never overtake earlier ones, whatever their delays.
 * @param rule asked at each read; undefined while the line is good or nobody knows yet whose it is
 */
export function slowDown(connection: DrivenConnection, clock: Clock, rule: () => LineRule | undefined): void {
  const onData = connection.onData.bind(connection)
  const onTransportClosed = connection.onTransportClosed.bind(connection)
  const queue: Waiting[] = []
  let underWay = 0
  let paused = false
  /** When the line has carried everything it was given, and when the last of it arrives. */
  let free = 0
  let last = 0
  let cancel: (() => void) | undefined

  function deliverDue(): void {
    cancel = undefined
    for (let first = queue[0]; first !== undefined && first.due <= clock.now(); first = queue[0]) {
      queue.shift()
      underWay -= first.bytes
      first.deliver()
    }
    if (paused && underWay <= MAX_UNDER_WAY / 2) {
      paused = false
      // A reader above that wants no more keeps its pause.
      if (connection.status === 'open' && connection.readStatus === 'readable') connection.sendResume()
    }
    arm()
  }

  function arm(): void {
    const first = queue[0]
    if (first !== undefined) cancel ??= clock.after(Math.max(0, first.due - clock.now()), deliverDue)
  }

  connection.onData = data => {
    const line = rule()
    const now = clock.now()
    const bits = data.byteLength * 8
    free = Math.max(free, now) + (line === undefined ? 0 : bits / line.bandwidthKbps)
    last = Math.max(last, free + (line?.delayMs() ?? 0))
    if (queue.length === 0 && last <= now) return onData(data)
    queue.push({ due: last, bytes: data.byteLength, deliver: () => onData(data) })
    underWay += data.byteLength
    if (!paused && underWay > MAX_UNDER_WAY) {
      paused = true
      connection.sendPause()
    }
    arm()
  }
  connection.onTransportClosed = error => {
    // A farewell arrives after what was said before; who hangs up himself waits for nothing.
    if (queue.length === 0 || connection.status !== 'open') return onTransportClosed(error)
    queue.push({ due: last, bytes: 0, deliver: () => onTransportClosed(error) })
  }
  connection.addEventListener('close', () => {
    cancel?.()
    cancel = undefined
    queue.length = 0
    underWay = 0
  })
}
