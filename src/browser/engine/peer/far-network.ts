/** Gossip and streams for a peer whose connections are another thread's. */
import type { Verdict } from '../../../core/protocol/verdict.js'
import type { Gossip, PeerKey, StreamHandlers, Streams } from '../../../interface.js'
import type { Link } from '../../../threads/link.js'
import type { NetworkCalls } from './calls.js'

export interface FarNetwork {
  readonly gossip: Gossip
  readonly streams: Streams
  /** What the page hears, handed to whoever started gossip or streams. */
  readonly heard: {
    validate(bytes: Uint8Array, from: PeerKey): Promise<Verdict>
    readonly streams: StreamHandlers | undefined
  }
}

export function farNetwork(page: Link<NetworkCalls>): FarNetwork {
  let validate: ((bytes: Uint8Array, from: PeerKey) => Promise<Verdict>) | undefined
  let handlers: StreamHandlers | undefined
  return {
    gossip: {
      async start(judge) {
        validate = judge
        await page.call('startGossip', null)
      },
      publish: bytes => page.call('publish', bytes),
      penalise: peer => void page.call('penalise', peer).catch(() => {}),
      async stop() {
        validate = undefined
        await page.call('stopGossip', null)
      }
    },
    streams: {
      async start(given) {
        handlers = given
        await page.call('startStreams', null)
      },
      pulse: async (to, bytes) => void (await page.call('sendPulse', { to, bytes })),
      request: (to, kind, bytes, { maxBytes, timeoutMs, signal }) =>
        page.call('ask', { to, kind, bytes, maxBytes, timeoutMs }, { signal }),
      async stop() {
        handlers = undefined
        await page.call('stopStreams', null)
      }
    },
    heard: {
      validate: async (bytes, from) => validate?.(bytes, from) ?? { kind: 'ignore', reason: 'stopped' },
      get streams() {
        return handlers
      }
    }
  }
}
