/** Everything that happened in a run, line by line, and the digest that tells whether two runs were the same. */
import { toHex } from '../core/bytes.js'
import { digest } from '../core/digest.js'

/** Lines are hashed this many at a time: the digest of one block goes into the next. */
const BLOCK_LINES = 1024

export interface EventLog {
  /** @param at virtual milliseconds @param event canonical: the same words in the same order for the same event */
  add(at: number, event: string): void
  /** 64 hex digits over everything so far. */
  digest(): string
  readonly lines: () => number
}

/** @param sink gets each block of lines as text */
export function createEventLog(sink?: (text: string) => void): EventLog {
  const encoder = new TextEncoder()
  let chain: Uint8Array = new Uint8Array(32)
  let block: string[] = []
  let count = 0

  function close(): void {
    if (block.length === 0) return
    const text = `${block.join('\n')}\n`
    chain = digest(chain, encoder.encode(text))
    sink?.(text)
    block = []
  }

  return {
    add(at, event) {
      count++
      block.push(`${at} ${event}`)
      if (block.length === BLOCK_LINES) close()
    },
    digest() {
      close()
      return toHex(chain)
    },
    lines: () => count
  }
}
