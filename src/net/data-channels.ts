/**
 * Where a WebRTC connection meets its wire: libp2p hands it no bytes, each stream is a data channel of its own. What is
 * seen is what channels carry; SCTP, DTLS and ICE around it add about 5 % that nobody tells of.
 */
import type { MultiaddrConnection } from '@libp2p/interface'

/** The parts of an `RTCDataChannel` that Node.js and browsers share. */
interface Channel {
  send(data: { readonly byteLength: number }): void
  addEventListener(name: 'message', listener: (event: { readonly data?: unknown }) => void): void
  addEventListener(name: 'close', listener: () => void): void
}

/** And of an `RTCPeerConnection`. */
interface Channels {
  readonly connectionState: string
  createDataChannel(label: string, options?: object): Channel
  addEventListener(name: 'datachannel', listener: (event: { readonly channel?: unknown }) => void): void
}

export interface ChannelWatch {
  sent(bytes: number): void
  received(bytes: number): void
}

/** The `RTCPeerConnection` beneath a connection; undefined for other transports. */
function channelsOf(connection: MultiaddrConnection): Channels | undefined {
  const channels: unknown = Reflect.get(connection, 'peerConnection')
  return isChannels(channels) ? channels : undefined
}

/**
 * libp2p takes a connection for made when the introduction to it broke off: then each side waits for the other one, and
 * holds a place for nothing. @throws {Error} when it is none
 */
export function checkConnected(connection: MultiaddrConnection): void {
  const state = channelsOf(connection)?.connectionState
  if (state !== 'connected') throw new Error(`WebRTC is ${state}, not connected`)
}

export function isWebRTC(connection: MultiaddrConnection): boolean {
  return channelsOf(connection) !== undefined
}

/**
 * Sees every message of every channel from now on.
 * @param muxerFactory as handed to the upgrader: it holds the channels that were opened during the handshake
 */
export function watchChannels(connection: MultiaddrConnection, watch: ChannelWatch, muxerFactory?: unknown): void {
  const channels = channelsOf(connection)
  if (channels === undefined) throw new TypeError('not a WebRTC connection')
  const create = channels.createDataChannel.bind(channels)
  channels.createDataChannel = (label, options) => {
    const channel = create(label, options)
    watchChannel(channel, watch)
    return channel
  }
  channels.addEventListener('datachannel', ({ channel }) => {
    if (isChannel(channel)) watchChannel(channel, watch)
  })
  for (const channel of earlyChannels(muxerFactory)) watchChannel(channel, watch)
}

/**
 * Asks the other side for a sign of life: libp2p closes a channel of this name as soon as it sees it, which takes a
 * program that runs, not just its machine.
 * @param alive called when it did
 */
export function probeChannels(connection: MultiaddrConnection, alive: () => void): void {
  const channels = channelsOf(connection)
  try {
    channels?.createDataChannel('init').addEventListener('close', alive)
  } catch {
    // It is closed already, and libp2p knows or soon will.
  }
}

function watchChannel(channel: Channel, watch: ChannelWatch): void {
  const send = channel.send.bind(channel)
  channel.send = data => {
    send(data)
    watch.sent(data.byteLength)
  }
  channel.addEventListener('message', ({ data }) => {
    if (data instanceof ArrayBuffer) watch.received(data.byteLength)
  })
}

function earlyChannels(muxerFactory: unknown): readonly Channel[] {
  const early: unknown =
    typeof muxerFactory === 'object' && muxerFactory !== null && Reflect.get(muxerFactory, 'earlyDataChannels')
  if (!Array.isArray(early)) return []
  return early.flatMap(({ channel }: { channel?: unknown }) => (isChannel(channel) ? [channel] : []))
}

function isChannels(value: unknown): value is Channels {
  return has(value, 'createDataChannel') && has(value, 'addEventListener')
}

function isChannel(value: unknown): value is Channel {
  return has(value, 'send') && has(value, 'addEventListener')
}

function has(value: unknown, method: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function'
}
