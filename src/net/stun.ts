/**
 * Where a swarm's own peers see us, told to WebRTC: two who are behind routers need their outer addresses to meet, and no
 * public server is asked for them. Who is in the open answers by STUN (RFC 8489) and says on which port. PROTOCOL.md,
 * "Neighbours".
 */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { Reader, Writer } from '../core/bytes.js'
import type { Clock } from '../interface.js'
import { hostOf, kindOf } from './address.js'
import { createDeadline } from './deadline.js'
import { answer, ask } from './requests.js'

/** The answer to a request of one byte, 0: varint UDP port at the host that one is connected to. */
export const STUN_PROTOCOL = '/starlings/stun/1'

const MAX_PORT = 65_535
const MAX_ANSWER_BYTES = 3
const TIMEOUT_MS = 10_000
/** Servers at once: WebRTC asks all of them, and waits for the slowest. */
const MAX_SERVERS = 2
/** Between looks for servers, ms. */
const LOOK_MS = 5000

type Node = Pick<Libp2p, 'getConnections' | 'peerStore'>

export interface StunServers {
  /** URLs, as WebRTC takes them; of those neighbours only that are connected now. */
  urls(): readonly string[]
  start(components: { readonly libp2p: Node; readonly clock: Clock }): void
  /** Twice is fine. */
  stop(): void
}

/** Asks neighbours that were dialled: they are where others can reach them. */
export function createStunServers(): StunServers {
  /** Of each connection that was asked: undefined when it has none to offer. */
  const servers = new Map<Connection, string | undefined>()
  let cancel = (): void => undefined
  let stopping = new AbortController()

  return {
    urls: () =>
      [...servers]
        .flatMap(([{ status }, url]) => (status === 'open' && url !== undefined ? [url] : []))
        .slice(0, MAX_SERVERS),
    start({ libp2p, clock }) {
      stopping = new AbortController()
      look()

      function look(): void {
        cancel = clock.after(LOOK_MS, look)
        for (const connection of servers.keys()) if (connection.status !== 'open') servers.delete(connection)
        for (const connection of libp2p.getConnections())
          if (isDialled(connection) && !servers.has(connection)) void learn(connection).catch(() => {})
      }

      async function learn(connection: Connection): Promise<void> {
        const peer = await libp2p.peerStore.get(connection.remotePeer)
        if (!peer.protocols.includes(STUN_PROTOCOL) || servers.has(connection)) return
        servers.set(connection, undefined)
        const port = await askStunPort(connection, clock, stopping.signal)
        servers.set(connection, stunUrl(connection.remoteAddr.toString(), port))
      }
    },
    stop() {
      cancel()
      stopping.abort(new Error('stopped'))
    }
  }
}

function isDialled({ status, direction, limits, remoteAddr }: Connection): boolean {
  const kind = kindOf(remoteAddr)
  return (
    status === 'open' && direction === 'outbound' && limits === undefined && kind !== 'relayed' && kind !== 'webrtc'
  )
}

/** On which UDP port the neighbour at the other end answers; 0: on none. Rejects with an ExchangeError or a DecodeError. */
export async function askStunPort(connection: Connection, clock: Clock, signal?: AbortSignal): Promise<number> {
  const limit = createDeadline(clock, TIMEOUT_MS, signal)
  try {
    const open = (signal: AbortSignal): Promise<Stream> => connection.newStream(STUN_PROTOCOL, { signal })
    return readPort(await ask(open, Uint8Array.of(0), MAX_ANSWER_BYTES, limit))
  } finally {
    limit.clear()
  }
}

/** @throws {DecodeError} */
function readPort(bytes: Uint8Array): number {
  const reader = new Reader(bytes)
  const port = reader.varint(MAX_PORT)
  reader.end()
  return port
}

/** @returns undefined when there is none */
function stunUrl(address: string, port: number): string | undefined {
  if (port === 0) return undefined
  const host = hostOf(address)
  return `stun:${address.startsWith('/ip6/') ? `[${host}]` : host}:${port}`
}

/** Tells neighbours the port on which {@link bindingAnswer} is at work. */
export async function offerStun(libp2p: Pick<Libp2p, 'handle'>, clock: Clock, port: number): Promise<void> {
  await libp2p.handle(STUN_PROTOCOL, async (stream: Stream) => {
    const limit = createDeadline(clock, TIMEOUT_MS)
    try {
      await answer(stream, async () => new Writer(MAX_ANSWER_BYTES).varint(port).finish(), limit)
    } finally {
      limit.clear()
    }
  })
}

const MAGIC = 0x2112a442
const HEADER_BYTES = 20
const BINDING_REQUEST = 0x0001
const BINDING_RESPONSE = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020

/**
 * What a STUN server says to a binding request (RFC 8489, section 6 and 14.2): where it came from.
 * @param from IPv4 @returns undefined for anything else, which is left without an answer
 */
export function bindingAnswer(
  request: Uint8Array,
  from: { readonly address: string; readonly port: number }
): Uint8Array | undefined {
  if (request.length < HEADER_BYTES) return undefined
  const asked = new DataView(request.buffer, request.byteOffset, request.byteLength)
  if (asked.getUint16(0) !== BINDING_REQUEST || asked.getUint32(4) !== MAGIC) return undefined
  if (asked.getUint16(2) !== request.length - HEADER_BYTES) return undefined
  const octets = from.address.split('.').map(Number)
  if (octets.length !== 4) return undefined
  const bytes = new Uint8Array(HEADER_BYTES + 12)
  const answered = new DataView(bytes.buffer)
  answered.setUint16(0, BINDING_RESPONSE)
  answered.setUint16(2, 12)
  // Magic and transaction id.
  bytes.set(request.subarray(4, HEADER_BYTES), 4)
  answered.setUint16(20, XOR_MAPPED_ADDRESS)
  answered.setUint16(22, 8)
  answered.setUint8(25, 1)
  answered.setUint16(26, from.port ^ (MAGIC >>> 16))
  octets.forEach((octet, i) => {
    bytes[28 + i] = octet ^ ((MAGIC >>> (24 - 8 * i)) & 0xff)
  })
  return bytes
}

const TRANSACTION_BYTES = 12

/** What {@link bindingAnswer} answers. @param transaction 12 bytes by lot */
export function bindingRequest(transaction: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, BINDING_REQUEST)
  view.setUint32(4, MAGIC)
  bytes.set(transaction.subarray(0, TRANSACTION_BYTES), 8)
  return bytes
}

/** `<IPv4 address>:<port>` that the answer names. @returns undefined when it is no answer of {@link bindingAnswer} to that request */
export function readBindingAnswer(answer: Uint8Array, transaction: Uint8Array): string | undefined {
  if (answer.length < HEADER_BYTES + 12) return undefined
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  if (view.getUint16(0) !== BINDING_RESPONSE || view.getUint32(4) !== MAGIC) return undefined
  if (transaction.some((byte, i) => answer[8 + i] !== byte)) return undefined
  if (view.getUint16(20) !== XOR_MAPPED_ADDRESS || view.getUint8(25) !== 1) return undefined
  const octets = [24, 16, 8, 0].map((shift, i) => (answer[28 + i] ?? 0) ^ ((MAGIC >>> shift) & 0xff))
  return `${octets.join('.')}:${view.getUint16(26) ^ (MAGIC >>> 16)}`
}
