/**
 * What a router offers by UPnP, and requests to it (UPnP Device Architecture, sections 2 and 3). Version 1 of the Internet Gateway
 * Device is what most have; version 2 knows all of its requests, too, so that only those are used.
 */
import { isIPv4 } from 'node:net'
import { ask } from './http.js'
import { all, escapeXml, parseXml, textOf } from './xml.js'

/** What opens ports, the newest first. A router lists both kinds of version 1 though its line is of one of them. */
const SERVICES = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  name => `urn:schemas-upnp-org:service:${name}`
)
/** Of a description, so that it does not send us around. */
const MAX_SERVICES = 4

export interface Service {
  readonly type: string
  readonly control: URL
}

/** A router refused; `code` as in the specifications of its services, such as WANIPConnection:1, table 2. */
export class RouterError extends Error {
  override readonly name = 'RouterError'

  constructor(
    readonly code: number,
    readonly description: string
  ) {
    super(WORDS[code] ?? `UPnP error ${code}${description === '' ? '' : `, ${description}`}`)
  }
}

export const PORT_TAKEN = 718
export const ACTION_FAILED = 501
export const SAME_PORTS_ONLY = 724
export const PERMANENT_ONLY = 725

const WORDS: Readonly<Record<number, string>> = {
  [ACTION_FAILED]: 'it failed to, and does not say why',
  606: 'it does not allow it',
  [PORT_TAKEN]: 'the port is taken by another machine',
  [SAME_PORTS_ONLY]: 'the port is taken by another machine, and it opens no other one for it',
  728: 'it has no free port'
}

/**
 * Asks a router what it is.
 * @returns what opens ports there, empty when nothing does
 * @throws Error when it does not answer, or not in XML
 */
export async function describe(location: URL, signal?: AbortSignal): Promise<readonly Service[]> {
  const { status, text } = await ask(location, { signal })
  if (status !== 200) throw new Error(`${location.href} answers ${status}`)
  const root = parseXml(text)
  const base = new URL(textOf(root, 'URLBase') || location.href, location.href).href
  const services = all(root, 'service').flatMap(service => {
    const [type, path] = [textOf(service, 'serviceType'), textOf(service, 'controlURL')]
    if (!SERVICES.includes(type) || path === '' || !URL.canParse(path, base)) return []
    const control = new URL(path, base)
    // Whoever answers speaks for itself only: this machine asks nobody else on its behalf.
    return control.protocol === 'http:' && control.hostname === location.hostname ? [{ type, control }] : []
  })
  return services.sort((a, b) => SERVICES.indexOf(a.type) - SERVICES.indexOf(b.type)).slice(0, MAX_SERVICES)
}

/**
 * One request to a service, its arguments in the order of the specification.
 * @returns an element whose children are what it answers
 * @throws {RouterError} when it refuses
 * @throws Error when it does not answer
 */
export async function call(
  { type, control }: Service,
  action: string,
  args: Readonly<Record<string, string | number>>,
  signal?: AbortSignal
) {
  const fields = Object.entries(args).map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
  const { status, text } = await ask(control, {
    headers: { 'Content-Type': 'text/xml; charset="utf-8"', SOAPAction: `"${type}#${action}"` },
    body:
      '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
      's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
      `<u:${action} xmlns:u="${type}">${fields.join('')}</u:${action}></s:Body></s:Envelope>`,
    signal
  })
  const root = parseXml(text)
  const [answer] = all(root, `${action}Response`)
  if (status === 200 && answer !== undefined) return answer
  const code = Number.parseInt(textOf(root, 'errorCode'), 10)
  if (Number.isNaN(code)) throw new Error(`${control.host} answers ${status} to ${action}`)
  throw new RouterError(code, textOf(root, 'errorDescription').slice(0, 80))
}

/** @returns the address that the router has outside by this service; undefined when it has no line by it @throws Error when it does not answer */
export async function outerAddress(service: Service, signal?: AbortSignal): Promise<string | undefined> {
  const answer = await call(service, 'GetExternalIPAddress', {}, signal)
  const address = textOf(answer, 'NewExternalIPAddress')
  return isIPv4(address) && address !== '0.0.0.0' ? address : undefined
}
