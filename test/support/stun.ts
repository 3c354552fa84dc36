/** What somebody sends who begins a WebRTC-direct connection, or pretends to. */
import { createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { crc32 } from 'node:zlib'

const MAGIC = 0x2112a442

function attribute(type: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function message(id: Uint8Array, body: Uint8Array, more: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(1, 0)
  head.writeUInt16BE(body.length + more, 2)
  head.writeUInt32BE(MAGIC, 4)
  return Buffer.concat([head, id, body])
}

/** A STUN binding request as ICE makes it (RFC 8445, section 7.2.2), with a name that nobody had before. */
function bindingRequest(): Uint8Array {
  const name = `libp2p+webrtc+v1/${randomBytes(16).toString('hex')}`
  const id = randomBytes(12)
  const said = Buffer.concat([
    attribute(0x0006, Buffer.from(`${name}:${name}`)), // USERNAME
    attribute(0x0024, Buffer.from([0x7e, 0, 0, 1])), // PRIORITY
    attribute(0x802a, randomBytes(8)) // ICE-CONTROLLING
  ])
  const integrity = createHmac('sha1', name)
    .update(message(id, said, 24))
    .digest()
  const signed = Buffer.concat([said, attribute(0x0008, integrity)])
  const fingerprint = Buffer.alloc(4)
  fingerprint.writeUInt32BE((crc32(message(id, signed, 8)) ^ 0x5354554e) >>> 0)
  return message(id, Buffer.concat([signed, attribute(0x8028, fingerprint)]), 0)
}

/** So many that never go on, to a port of this machine. */
export async function beginMany(port: number, count: number): Promise<void> {
  const socket = createSocket('udp4')
  for (let i = 0; i < count; i++)
    await new Promise<void>((resolve, reject) => {
      socket.send(bindingRequest(), port, '127.0.0.1', error => (error ? reject(error) : resolve()))
    })
  socket.close()
  await once(socket, 'close')
}
