import assert from 'node:assert/strict'
import type { Listener, Transport } from '@libp2p/interface'
import { leavePort, outlasting } from '#src/node/reach/stopped-door.js'

describe('a WebRTC-direct listener that is stopped', () => {
  /** One that listens at the port, as libp2p makes it: its server tells of callers, and closes with it. */
  async function listening(port: number) {
    const heard: string[] = []
    const server = {
      closed: false,
      address: () => ({ port }),
      close: async () => {
        server.closed = true
      }
    }
    const listener = {
      stunServer: server,
      listen: async () => undefined,
      incomingConnection: async (ufrag: string) => void heard.push(ufrag)
    }
    const transport = { createListener: () => listener as unknown as Listener } as unknown as Transport
    const made = outlasting(() => transport)(undefined).createListener({} as never)
    await made.listen(undefined as never)
    return { server, heard, call: (ufrag: string) => listener.incomingConnection(ufrag) }
  }

  it('goes at once when nobody has called it', async () => {
    const { server } = await listening(1001)
    await server.close()
    assert.ok(server.closed)
  })

  it('hears callers until then, stays for those who call again, and goes before somebody listens there anew', async () => {
    const { server, heard, call } = await listening(1002)
    await call('before')
    await server.close()
    await call('after')
    assert.deepEqual([heard, server.closed], [['before'], false])
    await leavePort('/ip4/127.0.0.1/udp/1001/webrtc-direct')
    assert.ok(!server.closed)
    await leavePort('/ip4/127.0.0.1/udp/1002/webrtc-direct')
    assert.ok(server.closed)
  })
})
