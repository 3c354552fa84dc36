/** What this process took from the machine so far, all its threads together. */
import { readFileSync } from 'node:fs'

export interface ProcessUsage {
  /** User and system time. */
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, peakRssBytes: peakRssBytes() }
}

/**
 * Linux counts the parent's memory before `exec` into a child's `ru_maxrss`, so the high-water mark of this program
 * itself is read where it is told.
 */
function peakRssBytes(): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kibibytes !== undefined) return Number(kibibytes) * 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024
}
