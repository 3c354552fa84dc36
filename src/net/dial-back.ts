/**
 * "Can you reach me?", asked of somebody who can be dialled: it opens a TCP connection back to where it sees the asker.
 * PROTOCOL.md, "Neighbours". libp2p's AutoNAT would close the connection that asks, wants four strangers from four
 * networks before it believes, and knows no private network.
 */
import type { Connection, Libp2p } from '@libp2p/interface'
import { Reader, Writer } from '../core/bytes.js'
import { DecodeError } from '../core/wire/error.js'
import type { Clock } from '../interface.js'
import { hostOf, isLoopback, isRelayed } from './address.js'
import { createBudgets } from './budget.js'
import { createDeadline } from './deadline.js'
import { ExchangeError } from './error.js'
import { answer, ask } from './requests.js'

export const DIAL_BACK_PROTOCOL = '/starlings/dial-back/1'

/** Ports in one question. */
export const MAX_PORTS = 8
const MAX_PORT = 65_535
const MAX_HOST_BYTES = 64
const MAX_ANSWER_BYTES = 1 + MAX_HOST_BYTES + MAX_PORTS
const TIMEOUT_MS = 15_000
/** Of one host. */
const QUESTIONS = { perMinute: 6, burst: 4 }

export interface DialBack {
  /** Where the asker is seen, an IP address. */
  readonly host: string
  /** Of each port that was asked about, in the same order: whether it answered. */
  readonly open: readonly boolean[]
}

/** @param ports 1 … {@link MAX_PORTS} TCP ports to try */
export function encodeDialBackRequest(ports: readonly number[]): Uint8Array {
  const writer = new Writer(1 + 3 * MAX_PORTS).varint(ports.length)
  for (const port of ports) writer.varint(port)
  return writer.finish()
}

/** @returns 1 … {@link MAX_PORTS} ports @throws {DecodeError} */
export function decodeDialBackRequest(bytes: Uint8Array): readonly number[] {
  const reader = new Reader(bytes)
  const ports = Array.from({ length: reader.varint(MAX_PORTS) }, () => reader.varint(MAX_PORT))
  reader.end()
  if (ports.length === 0 || ports.includes(0)) throw new DecodeError('out-of-range', 'no port')
  return ports
}

/** A host beyond 64 characters is cut: no address is that long. */
export function encodeDialBack({ host, open }: DialBack): Uint8Array {
  const writer = new Writer(MAX_ANSWER_BYTES).block(new TextEncoder().encode(host.slice(0, MAX_HOST_BYTES)))
  for (const answered of open) writer.varint(Number(answered))
  return writer.finish()
}

/** @param count of ports that were asked about @throws {DecodeError} */
export function decodeDialBack(bytes: Uint8Array, count: number): DialBack {
  const reader = new Reader(bytes)
  const host = String.fromCharCode(...reader.block(MAX_HOST_BYTES))
  if (!/^[0-9a-fA-F.:]+$/.test(host)) throw new DecodeError('out-of-range', 'not an IP address')
  const open = Array.from({ length: count }, () => reader.varint(1) === 1)
  reader.end()
  return { host, open }
}

/** Asks the peer at the other end. Rejects with an ExchangeError or a DecodeError. */
export async function askDialBack(connection: Connection, ports: readonly number[], clock: Clock): Promise<DialBack> {
  const limit = createDeadline(clock, TIMEOUT_MS)
  try {
    const asked = encodeDialBackRequest(ports)
    const bytes = await ask(
      signal => connection.newStream(DIAL_BACK_PROTOCOL, { signal }),
      asked,
      MAX_ANSWER_BYTES,
      limit
    )
    return decodeDialBack(bytes, ports.length)
  } finally {
    limit.clear()
  }
}

/** Whether something answers there. Never rejects. */
export type Knock = (host: string, port: number) => Promise<boolean>

/**
 * Answers such questions; only ever knocks at the host that asks, and at its own machine only where nobody else can ask: who
 * comes from there may be a proxy, which must not have strangers learn what else runs behind it.
 */
export async function serveDialBack(
  libp2p: Pick<Libp2p, 'handle' | 'getMultiaddrs'>,
  clock: Clock,
  knock: Knock
): Promise<void> {
  function isOwn(address: string): boolean {
    const own = libp2p.getMultiaddrs().map(String)
    const isMine = isLoopback(address) || own.some(each => hostOf(each) === hostOf(address))
    return isMine && !own.every(isLoopback)
  }
  const questions = createBudgets(QUESTIONS)
  await libp2p.handle(DIAL_BACK_PROTOCOL, async (stream, { remoteAddr, limits }) => {
    const address = remoteAddr.toString()
    const host = hostOf(address)
    const isDirect = /^\/ip[46]\//.test(address) && !isRelayed(address)
    if (!isDirect || limits !== undefined || isOwn(address) || !questions.take(host, clock.now()))
      return stream.abort(new ExchangeError('busy'))
    const limit = createDeadline(clock, TIMEOUT_MS)
    try {
      await answer(
        stream,
        async request => {
          const ports = decodeDialBackRequest(request)
          return encodeDialBack({ host, open: await Promise.all(ports.map(port => knock(host, port))) })
        },
        limit
      )
    } finally {
      limit.clear()
    }
  })
}
