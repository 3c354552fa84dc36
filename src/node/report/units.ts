/** Figures as people read them. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Three digits and a decimal unit: 999 B, 1.23 MB, 45.6 MB. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 would print as 1000.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${BYTE_UNITS[unit]}`
}

/** 9.99, 99.9, 999 */
export function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
}

/** @param part 0 … 1 @returns such as 93.5 % */
export function formatPercent(part: number, decimals = 1): string {
  return `${(100 * part).toFixed(decimals)} %`
}

/** 0:07, 12:34, 1:02:03; whole seconds. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** 1.2 s, 45.6 s, 12 min 34 s, 1 h 02 min */
export function formatSeconds(seconds: number): string {
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor(whole / 60) % 60).padStart(2, '0')} min`
}

/** 101,770 */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 peer`, `16 peers` */
export function formatPlural(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** Live authors, in words that need no explanation. @param phase after the end nobody trains: they are whose updates came last */
export function trainingText(liveAuthors: number, phase: string): string {
  const did = phase === 'helping others' ? 'trained' : liveAuthors === 1 ? 'trains' : 'train'
  return `${formatPlural(liveAuthors, 'peer')} that ${did}`
}

/** 0, 3–5, 9: ascending numbers with runs of three and more folded. */
export function formatNumbers(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b)
  const parts: string[] = []
  for (let i = 0; i < sorted.length; ) {
    let end = i
    while (sorted[end + 1] === sorted[end]! + 1) end++
    if (end - i >= 2) parts.push(`${sorted[i]}–${sorted[end]}`)
    else for (let j = i; j <= end; j++) parts.push(String(sorted[j]))
    i = end + 1
  }
  return parts.join(', ')
}
