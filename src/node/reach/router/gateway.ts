/**
 * Ports that one router opens for this machine. Each is asked for as a lease and asked for again while it runs, so that a router
 * that forgot it, such as after a power cut, hears of it again, and one that never hears of us again forgets it.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../../../interface.js'
import { isPrivate } from '../../../net/address.js'
import { ACTION_FAILED, call, outerAddress, PERMANENT_ONLY, PORT_TAKEN, RouterError, type Service } from './service.js'

/** Which port of this machine, and which of the router leads there. */
export interface OpenPort {
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
  readonly outerPort: number
}

export interface RefusedPort {
  readonly protocol: 'TCP' | 'UDP'
  readonly port: number
  /** Plain words. */
  readonly reason: string
}

/** What a router was asked for so far, for people. */
export interface RouterFacts {
  /** Its address in the local network. */
  readonly host: string
  /** Its address outside; null before it told, or when it has no line. */
  readonly outer: string | null
  readonly opened: readonly OpenPort[]
  readonly refused: readonly RefusedPort[]
}

export interface RouterGateway {
  /** @throws Error when the router has no line outside */
  outer(signal?: AbortSignal): Promise<string>
  /** @throws {RouterError} when it refuses @throws Error when it does not answer, or could only open a way to nowhere */
  open(protocol: 'TCP' | 'UDP', port: number, host: string, signal?: AbortSignal): Promise<OpenPort>
  close(port: number, signal?: AbortSignal): Promise<void>
  /** Closes what was opened. @param signal to wait no longer */
  stop(signal?: AbortSignal): Promise<void>
  /** It was found again, maybe from another address of this machine. */
  moved(services: readonly Service[], local: string): void
  facts(): RouterFacts
}

export interface RouterGatewayInit {
  readonly host: string
  readonly services: readonly Service[]
  /** Of this machine, in the router's network. */
  readonly local: string
  readonly clock: Clock
}

/** What a router keeps when nobody asks again, s. */
const LEASE_S = 3600
/** Two requests may be lost, ms. */
const RENEW_MS = 20 * 60_000
/** Ports that are tried when others are taken. */
const MAX_PORTS = 5
/** Dynamic ports (RFC 6335, section 6). */
const [FIRST_PORT, LAST_PORT] = [49_152, 65_535]

interface Mapping extends OpenPort {
  /** Zero: until it is closed. */
  readonly leaseSeconds: number
  readonly service: Service
  readonly local: string
  forget?: () => void
}

export function createRouterGateway({ host, clock, ...init }: RouterGatewayInit): RouterGateway {
  let { services, local } = init
  /** The one that has a line. */
  let chosen: Service | undefined
  let outer: string | null = null
  let stopped = false
  const mappings = new Map<string, Mapping>()
  const refused = new Map<string, RefusedPort>()

  async function choose(signal?: AbortSignal): Promise<Service> {
    let failure: unknown
    for (const service of chosen === undefined ? services : [chosen]) {
      try {
        const address = await outerAddress(service, signal)
        if (address === undefined) continue
        outer = address
        chosen = service
        return service
      } catch (error) {
        failure = error
      }
    }
    chosen = undefined
    throw new Error(`the router at ${host} has no address outside`, { cause: failure })
  }

  const add = ({ service, protocol, port, outerPort, leaseSeconds, local }: Mapping, signal?: AbortSignal) =>
    call(
      service,
      'AddPortMapping',
      {
        NewRemoteHost: '',
        NewExternalPort: outerPort,
        NewProtocol: protocol,
        NewInternalPort: port,
        NewInternalClient: local,
        NewEnabled: 1,
        NewPortMappingDescription: 'starlings',
        NewLeaseDuration: leaseSeconds
      },
      signal
    )

  /** Asks until the router agrees, or nothing is left to ask for. */
  async function negotiate(first: Mapping, signal?: AbortSignal): Promise<Mapping> {
    let wanted = first
    for (let tried = 1; ; ) {
      try {
        await add(wanted, signal)
        return wanted
      } catch (error) {
        if (!(error instanceof RouterError)) throw error
        const { code } = error
        if (code === PERMANENT_ONLY && wanted.leaseSeconds > 0) wanted = { ...wanted, leaseSeconds: 0 }
        else if ((code === PORT_TAKEN || code === ACTION_FAILED) && tried++ < MAX_PORTS)
          wanted = { ...wanted, outerPort: randomInt(FIRST_PORT, LAST_PORT + 1) }
        else throw error
      }
    }
  }

  function keep(mapping: Mapping): void {
    mapping.forget = clock.after(RENEW_MS, () => {
      keep(mapping)
      // A router that is off for a moment is asked again the next time.
      add(mapping).catch(() => {})
    })
  }

  async function remove({ service, protocol, outerPort }: Mapping, signal?: AbortSignal): Promise<void> {
    const args = { NewRemoteHost: '', NewExternalPort: outerPort, NewProtocol: protocol }
    // Without an answer the lease ends by itself, but for routers that know of no leases.
    await call(service, 'DeletePortMapping', args, signal).catch(() => {})
  }

  async function drop(which: (mapping: Mapping) => boolean, signal?: AbortSignal): Promise<void> {
    const dropped = [...mappings].filter(([, mapping]) => which(mapping))
    for (const [key, { forget }] of dropped) {
      mappings.delete(key)
      forget?.()
    }
    await Promise.all(dropped.map(([, mapping]) => remove(mapping, signal)))
  }

  return {
    async outer(signal) {
      await choose(signal)
      return outer ?? ''
    },
    async open(protocol, port, at, signal) {
      if (at !== local) throw new Error(`the router at ${host} does not lead to ${at}`)
      const key = `${protocol} ${port}`
      const open = mappings.get(key)
      if (open?.local === at) return open
      await drop(mapping => mapping === open, signal)
      const service = await choose(signal)
      if (isPrivate(`/ip4/${outer}`)) throw new Error(`the router at ${host} is behind another one`)
      try {
        const mapping = await negotiate(
          { protocol, port, outerPort: port, leaseSeconds: LEASE_S, service, local },
          signal
        )
        if (stopped) {
          await remove(mapping)
          throw new Error('nobody needs the port any more')
        }
        mappings.set(key, mapping)
        refused.delete(key)
        keep(mapping)
        return mapping
      } catch (error) {
        if (error instanceof RouterError) refused.set(key, { protocol, port, reason: error.message })
        throw error
      }
    },
    close: (port, signal) => drop(mapping => mapping.port === port, signal),
    async stop(signal) {
      stopped = true
      await drop(() => true, signal)
    },
    moved(now, at) {
      services = now
      local = at
      if (chosen !== undefined)
        chosen = now.find(({ type, control }) => type === chosen?.type && control.href === chosen.control.href)
    },
    facts: () => ({
      host,
      outer,
      opened: [...mappings.values()].map(({ protocol, port, outerPort }) => ({ protocol, port, outerPort })),
      refused: [...refused.values()]
    })
  }
}
