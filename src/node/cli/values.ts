/** Checks of flag values: each takes the text and returns the value, or says what would have been right. */
import { InvalidArgumentError } from 'commander'

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`)
  }
}

/** A number above `min` and up to `max`. */
export function fraction(min: number, max: number): (text: string) => number {
  return text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value > min && value <= max) return value
    throw new InvalidArgumentError(`It takes a number above ${min}, at most ${max}.`)
  }
}

/** `iid`, `dirichlet:<alpha>` or `by:<column>`; what the column is called only the data can tell. */
export function partition(text: string): string {
  const alpha = /^dirichlet:(.+)$/.exec(text)?.[1]
  if (alpha !== undefined && Number(alpha) > 0 && Number(alpha) <= 1e6) return text
  if (text === 'iid' || /^by:.+$/.test(text)) return text
  throw new InvalidArgumentError('It takes iid, dirichlet:<alpha> with alpha above 0, or by:<column>.')
}

export interface ShardNumber {
  /** Counted from 0; users count from 1. */
  readonly index: number
  readonly count: number
}

/** `I/N`, counted from 1. */
export function shard(text: string): ShardNumber {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text)
  const index = Number(match?.[1])
  const count = Number(match?.[2])
  if (match && index >= 1 && index <= count) return { index: index - 1, count }
  throw new InvalidArgumentError('It takes I/N, for example 1/2 for the first of two shards.')
}

/** Takes a flag given several times, or several values after one. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
