/**
 * A node that runs for longer than its certificate for WebRTC is good for takes a new one on the day that its invites name,
 * and without a restart. libp2p serves one certificate at a time, so there is no overlap: an address holds until that day.
 */
import type { Transport } from '@libp2p/interface'
import type { Clock } from '../../interface.js'
import type { KeptCertificate, WebRTCCertificate } from './certificate.js'

/** Hands a new certificate to the transport of a running node. */
export interface Renewals {
  /** Wraps the transport for WebRTC-direct. */
  attach(transport: Transport): Transport
  /** Connections stay; from now on the node is dialled by its new address, of which it tells its neighbours. */
  install(certificate: WebRTCCertificate): void
}

export function createRenewals(): Renewals {
  let attached: { readonly transport: object; readonly emitter: EventTarget } | undefined
  return {
    attach(transport) {
      const emitter: unknown = Reflect.get(transport, 'emitter')
      if (!isEmitter(emitter)) throw new TypeError('this WebRTC transport does not show how it renews its certificate')
      attached = { transport, emitter }
      return transport
    },
    install({ privateKey, pem, certhash }) {
      if (attached === undefined) return
      const detail = { privateKey, pem, certhash }
      Reflect.set(attached.transport, 'certificate', detail)
      attached.emitter.dispatchEvent(new CustomEvent('certificate:renew', { detail }))
    }
  }
}

function isEmitter(value: unknown): value is EventTarget {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'dispatchEvent') === 'function'
}

export interface FreshInit {
  readonly certificate: WebRTCCertificate
  /** The certificate of the home, which is another one once it is stale. Of `Home.certificate`. */
  readonly kept: () => Promise<KeptCertificate>
  readonly renewals: Renewals
  readonly clock: Clock
  /** @default the system's */
  readonly wall?: () => Date
  readonly warn: (message: string) => void
}

export interface Fresh {
  /** Until when the addresses of now are good. */
  staleAt(): Date
  stop(): void
}

/** Days are long, and machines sleep, ms. */
const LOOK_MS = 600_000

export function keepFresh({ certificate, kept, renewals, clock, wall = () => new Date(), warn }: FreshInit): Fresh {
  let current = certificate
  let failed = false
  let cancel = clock.after(LOOK_MS, look)

  function look(): void {
    cancel = clock.after(LOOK_MS, look)
    if (wall() >= current.staleAt) void renew()
  }

  async function renew(): Promise<void> {
    try {
      const { certificate, warning } = await kept()
      failed = false
      if (certificate.certhash === current.certhash) return
      current = certificate
      renewals.install(certificate)
      if (warning !== undefined) warn(warning)
    } catch (error) {
      // The old one goes on: nobody looks at its date, only at its hash.
      if (!failed) warn(error instanceof Error ? error.message : String(error))
      failed = true
    }
  }

  return { staleAt: () => current.staleAt, stop: () => cancel() }
}
