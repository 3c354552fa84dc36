/** Why the schema refuses a manifest, in words for whoever holds the file: the validator's own speak of types. */
import type * as v from 'valibot'

/** Characters of a refused value that are shown. */
const SHOWN = 40

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'text in quotes',
  array: 'a list',
  tuple: 'a list',
  integer: 'a whole number',
  finite: 'a finite number'
}

/** A sentence without its subject, which is the field. */
export function issueInWords(issue: v.BaseIssue<unknown>): string {
  const { type, expected, received, requirement, input } = issue
  if (received === 'undefined') return 'is missing'
  const count = typeof input === 'string' ? 'characters' : 'entries'
  switch (type) {
    case 'strict_object':
      return expected === 'never' ? 'is not a field of protocol 1' : `must be an object, not ${shown(input)}`
    case 'min_value':
      return `must be at least ${requirement}, not ${shown(input)}`
    case 'max_value':
      return `must be at most ${requirement}, not ${shown(input)}`
    case 'min_length':
      return `must have at least ${requirement} ${count}, not ${received}`
    case 'max_length':
      return `must have at most ${requirement} ${count}, not ${received}`
    case 'literal':
    case 'picklist':
    case 'variant':
      if (expected === 'Object') return `must be an object, not ${shown(input)}`
      return `must be ${expected?.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ')}, not ${shown(input)}`
    case 'number':
    case 'string':
    case 'array':
    case 'tuple':
    case 'integer':
    case 'finite':
      return `must be ${KINDS[type]}, not ${shown(input)}`
    default:
      return issue.message
  }
}

/** As it stands in the file, cut. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
