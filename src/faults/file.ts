/** Reads a fault file: JSON that people write by hand, checked down to the single field. topology/faults/README.md. */
import * as v from 'valibot'
import { type Faults, FaultsError, placeOf } from './faults.js'
import { fields } from './schema.js'

/**
 * @param fileName for messages only
 * @throws {FaultsError} that names the first bad field
 */
export function parseFaults(text: string, fileName: string): Faults {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FaultsError(`${fileName}: not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  // A list passes for an object there, one without fields.
  const parsed = v.safeParse(fields, Array.isArray(value) ? null : value, { abortEarly: true })
  if (parsed.success) {
    checkTogether(parsed.output, fileName)
    return parsed.output
  }
  const issue = parsed.issues[0]
  const path = (issue.path ?? []).map(({ key }) => key as string | number)
  if (path.length === 0) throw new FaultsError(`${fileName}: ${issue.message}`)
  const place = placeOf(path)
  if (issue.type === 'strict_object' && issue.expected === 'never')
    throw new FaultsError(`${fileName}: ${place} is not a field of the format here; remove it`)
  const missing = issue.received === 'undefined' || issue.input === undefined
  throw new FaultsError(`${fileName}: ${place} ${missing ? 'is missing; add it' : issue.message}`)
}

/** What one field demands of another. */
function checkTogether(faults: Faults, fileName: string): void {
  const fail = (path: readonly (string | number)[], problem: string): never => {
    throw new FaultsError(`${fileName}: ${placeOf(path)} ${problem}`)
  }
  faults.links?.forEach(({ between, from, to, oneWay, ...faults }, i) => {
    if (Object.keys(faults).length === 0) fail(['links', i], 'changes nothing; give it a loss, a delay or the like')
  })
  faults.peers?.forEach(({ peers, ...faults }, i) => {
    if (Object.keys(faults).length === 0) fail(['peers', i], 'changes nothing; give it a slowdown or the like')
  })
  faults.events?.forEach((event, i) => {
    if (event.do === 'join') return
    const { at, every, until } = event
    if (every !== undefined && 'epochs' in every !== 'epoch' in at)
      fail(['events', i, 'every'], 'counts in another unit than "at"; count both in epochs or both in seconds')
    if (every === undefined && until !== undefined) fail(['events', i, 'until'], 'needs "every"; add that or remove it')
  })
}
