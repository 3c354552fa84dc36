/** Checks of flag values: each takes the text and returns the value, or says what would have been right. */
import { InvalidArgumentError } from 'commander'
import { type Partition, parsePartition } from '../../train/partition.js'

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`)
  }
}

/** How many peers publish per epoch. */
export function drawn(text: string): number | 'all' {
  return text === 'all' ? text : integer(1, 1_000_000)(text)
}

/** One of a few numbers. */
export function oneOf(numbers: readonly number[]): (text: string) => number {
  return text => {
    const value = numbers.find(number => String(number) === text)
    if (value !== undefined) return value
    throw new InvalidArgumentError(`It takes one of ${numbers.join(', ')}.`)
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
export function partition(text: string): Partition {
  try {
    return parsePartition(text)
  } catch (error) {
    if (error instanceof RangeError)
      throw new InvalidArgumentError(
        'It takes iid, dirichlet:<alpha> with an alpha from 0.001 to 1000000, or by:<column>.'
      )
    throw error
  }
}

/** What a swarm may be called: it is shown on terminals. */
export function swarmName(text: string): string {
  if (text.trim() !== '' && text.length <= 64 && !/\p{C}/u.test(text)) return text
  throw new InvalidArgumentError('It takes 1 to 64 printable characters.')
}

/** Takes several; a server for WebRTC, which browsers write like this. */
export function stunUrls(text: string, before: readonly string[] = []): readonly string[] {
  if (/^(stun|stuns|turn|turns):[\w.[\]:-]+(\?transport=(udp|tcp))?$/.test(text)) return [...before, text]
  throw new InvalidArgumentError('It takes a URL like stun:example.org:3478.')
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

/** The id of a DHT's protocol, as libp2p writes them. */
export function dhtProtocol(text: string): string {
  if (/^(\/[\w.-]{1,64}){2,6}$/.test(text)) return text
  throw new InvalidArgumentError('It takes the id of a protocol, for example /ipfs/kad/1.0.0.')
}

/** Takes a flag given several times, or several values after one. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** Takes several ids of peers, or `none` for an empty list. */
export function peerIds(text: string, before: readonly string[] = []): readonly string[] {
  if (text === 'none') return []
  if (/^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/.test(text)) return [...before, text]
  throw new InvalidArgumentError('It takes the id of a peer, such as 12D3Koo…, or none.')
}

const MAX_URL = 500

/** Where a page lies: the invite goes behind a #, so there must be none. */
export function pageUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPage = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (isPage && url.hash === '' && !text.includes('#') && url.username === '' && url.href.length <= MAX_URL)
    return url.href
  throw new InvalidArgumentError('It takes the http or https address of a page, without a #.')
}

/** `<epochs>[:<least gain>]` @returns the manifest's stop rule */
export function plateau(text: string): { readonly epochs: number; readonly minGain: number } {
  const [, epochs, gain] = /^(\d{1,7})(?::(\d?\.?\d{1,6}))?$/.exec(text) ?? []
  const rule = { epochs: Number(epochs), minGain: gain === undefined ? DEFAULT_GAIN : Number(gain) }
  if (rule.epochs >= 1 && rule.epochs <= 1_000_000 && rule.minGain <= 1) return rule
  throw new InvalidArgumentError(
    'It takes a number of epochs from 1 to 1000000, then a least gain if wanted: 50 or 50:0.005.'
  )
}

/** Half a percent: more than one of the 256 samples of an evaluation while training. */
const DEFAULT_GAIN = 0.005
