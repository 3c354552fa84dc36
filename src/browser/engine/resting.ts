/** When a page lets its device have a rest. Pure. */
import type { Conditions } from './conditions.js'
import type { RestReason, Rules } from './session.js'

/** Part of a charge below which a device that is not being charged is left alone. */
const LOW_BATTERY = 0.2

export const ALL_RULES: Rules = { battery: true, saveData: true, metered: true }

/** @param asked the person wants it to rest */
export function restReasons(conditions: Conditions, rules: Rules, asked: boolean): readonly RestReason[] {
  const { battery, saveData, metered, online } = conditions
  const reasons: RestReason[] = []
  if (asked) reasons.push('asked')
  if (rules.battery && battery !== null && !battery.charging && battery.level < LOW_BATTERY) reasons.push('battery')
  if (rules.saveData && saveData) reasons.push('data-saver')
  if (rules.metered && metered === true) reasons.push('metered')
  // What is trained without the others counts little when they are back.
  if (!online) reasons.push('offline')
  return reasons
}
