/**
 * The first channel of a WebRTC connection: libp2p's dialler opens it, and both sides close it. Where the other side is
 * quicker, as for a phone that is busy, the dialler of @libp2p/webrtc 6.0.33 waits for an opening or a closing that was
 * before, until its time is up. Here such an event comes once more, for whoever asks late.
 */

/** The parts of an `RTCDataChannel` that matter here. */
interface Channel {
  readonly readyState: string
  addEventListener(name: string, listener: (event: Event) => void, options?: object): void
}

/** `RTCPeerConnection`, of a browser or of Node.js. */
interface PeerConnections {
  readonly prototype: { createDataChannel(label: string, options?: never): object }
}

/** libp2p's name for it. */
const FIRST = 'init'

const mended = new WeakSet<object>()

/** Applies to all connections of that class. Twice is fine. */
export function mendFirstChannel({ prototype }: PeerConnections): void {
  if (mended.has(prototype)) return
  mended.add(prototype)
  const create = prototype.createDataChannel
  prototype.createDataChannel = function (label, options) {
    const channel = create.call(this, label, options)
    if (label === FIRST && isChannel(channel)) tellTheLate(channel)
    return channel
  }
}

function tellTheLate(channel: Channel): void {
  const add = channel.addEventListener.bind(channel)
  channel.addEventListener = (name, listener, options) => {
    add(name, listener, options)
    if (wasBefore(name, channel.readyState)) queueMicrotask(() => listener(new Event(name)))
  }
}

function wasBefore(name: string, state: string): boolean {
  return (name === 'open' && (state === 'closing' || state === 'closed')) || (name === 'close' && state === 'closed')
}

function isChannel(value: object): value is Channel {
  return 'readyState' in value && 'addEventListener' in value
}
