/** The figures of a running peer, as rows of a list. */
import type { View } from '../../engine/session.js'
import { ago, bytes, count, plural } from './format.js'

/** @param now ms since 1970, as `lastUpdateAt` is counted */
export function figuresOf(view: View, now: number): [string, string][] {
  return [
    ['Sent', bytes(view.bytesSent)],
    ['Received', bytes(view.bytesReceived)],
    ['Devices that train', count(view.live)],
    ['Your data', plural(view.samples, 'sample')],
    ['Last update from others', view.lastUpdateAt === null ? 'none yet' : ago(now - view.lastUpdateAt.getTime())],
    ['Waiting to be sent', plural(view.residual, 'entry', 'entries')],
    ['Battery', batteryInWords(view.battery)],
    ['Connection', connectionInWords(view)],
    ['Loss', view.loss === null ? 'not measured yet' : view.loss.toFixed(3)],
    ['State', view.digest === null ? 'not known yet' : view.digest.slice(0, 8)]
  ]
}

function batteryInWords(battery: View['battery']): string {
  if (battery === null) return 'this browser does not tell'
  return `${Math.round(100 * battery.level)} %${battery.charging ? ', charging' : ''}`
}

function connectionInWords({ saveData, metered }: View): string {
  if (saveData) return 'data saver is on'
  if (metered === null) return 'this browser does not tell'
  return metered ? 'mobile' : 'not metered'
}
