/** Figures as people read them, in the page. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Three digits and a decimal unit: 999 B, 1.23 MB, 45.6 MB. */
export function bytes(value: number): string {
  let unit = 0
  // 999.5 would show as 1000.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const decimals = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(decimals)} ${BYTE_UNITS[unit]}`
}

/** @param part 0 … 1 @returns such as 93.5 % */
export function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}

/** 101,770 */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 peer`, `16 peers`, `2 entries` */
export function plural(value: number, noun: string, nouns: string = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`
}

/** just now, 12 s ago, 3 min ago, 2 h ago, 5 days ago. A clock that was set back says just now. */
export function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 5) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} days ago`
}

/** a, b and c */
export function list(parts: readonly string[], last = 'and'): string {
  if (parts.length < 2) return parts.join('')
  return `${parts.slice(0, -1).join(', ')} ${last} ${parts.at(-1)}`
}

/** As `20 Nov 2026`, the day in the person's own zone. */
export function day(date: Date): string {
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
}

/** A capital for the first letter: names of phases begin sentences. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
