/**
 * A router's UPnP (Internet Gateway Device) as a program that runs on the router: answers searches by SSDP, tells of itself by
 * HTTP, and really opens ports with nft when it is asked by SOAP. Prints a JSON line for each request.
 * Argument: `FakeIgd` as JSON.
 */
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'

export interface FakeIgd {
  /** Its address at home. */
  readonly inner: string
  /** Its interface outside, and its address there. */
  readonly device: string
  readonly outer: string
  /** Version of the device; `ppp` is of version 1, and dials in: it lists a connection by IP, too, which has no line. */
  readonly kind: '1' | 'ppp' | '2'
  /** It knows no leases. */
  readonly permanentOnly?: boolean
  /** Outer TCP port that another machine has. */
  readonly taken?: number
  /** It opens nothing. */
  readonly refuses?: boolean
}

const { inner, device, outer, kind, ...limits } = JSON.parse(process.argv[2] ?? '') as FakeIgd
const version = kind === '2' ? '2' : '1'
const TYPE = `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`
const IP = `urn:schemas-upnp-org:service:WANIPConnection:${version}`
const PPP = 'urn:schemas-upnp-org:service:WANPPPConnection:1'
const SERVICES = kind === 'ppp' ? [IP, PPP] : [IP]
const GROUP = '239.255.255.250'
const PORT = 5000
const say = (record: object): void => void process.stdout.write(`${JSON.stringify(record)}\n`)
const nft = (...rule: readonly string[]): void => void execFileSync('nft', [rule.join(' ')])

nft('add chain ip border inward { type nat hook prerouting priority -100 ; }')
nft('insert rule ip border in ct status dnat accept')

const DESCRIPTION = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>${TYPE}</deviceType><friendlyName>router &amp; more</friendlyName><UDN>uuid:1</UDN><deviceList>
<device><deviceType>urn:schemas-upnp-org:device:WANDevice:${version}</deviceType><UDN>uuid:2</UDN><deviceList>
<device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:${version}</deviceType><UDN>uuid:3</UDN><serviceList>
${SERVICES.map(
  type => `<service><serviceType>${type}</serviceType><serviceId>urn:upnp-org:serviceId:${type.split(':')[3]}</serviceId>
<SCPDURL>/scpd.xml</SCPDURL><controlURL>/control/${type}</controlURL><eventSubURL>/event</eventSubURL></service>`
).join('')}
</serviceList></device></deviceList></device></deviceList></device></root>`

/** What was opened: protocol and outer port, and where it leads. */
const doors = new Map<string, string>()

function build(): void {
  nft('flush chain ip border inward')
  for (const [door, to] of doors) {
    const [protocol, port] = door.split(' ')
    nft(`add rule ip border inward iifname "${device}" ${protocol} dport ${port} dnat to ${to}`)
  }
}

/** @returns an element for each field of the answer, or a code of the specification */
function answer(type: string, action: string, field: (name: string) => string): string | number {
  const [protocol, port] = [field('NewProtocol').toLowerCase(), Number(field('NewExternalPort'))]
  const door = `${protocol} ${port}`
  const to = `${field('NewInternalClient')}:${field('NewInternalPort')}`
  switch (action) {
    case 'GetExternalIPAddress':
      return `<NewExternalIPAddress>${kind === 'ppp' && type !== PPP ? '0.0.0.0' : outer}</NewExternalIPAddress>`
    case 'AddPortMapping':
      if (type !== SERVICES.at(-1)) return 501
      if (!['tcp', 'udp'].includes(protocol) || !/^[\d.]+:\d+$/.test(to) || !(port > 0)) return 402
      if (limits.refuses) return 606
      if (limits.permanentOnly && field('NewLeaseDuration') !== '0') return 725
      if (protocol === 'tcp' && port === limits.taken) return 718
      if (doors.has(door) && doors.get(door) !== to) return 718
      doors.set(door, to)
      build()
      return ''
    case 'DeletePortMapping':
      if (!doors.delete(door)) return 714
      build()
      return ''
    default:
      return 401
  }
}

const server = createServer((request, response) => {
  let body = ''
  request.on('data', chunk => {
    body += chunk
  })
  request.on('end', () => {
    response.setHeader('content-type', 'text/xml; charset="utf-8"')
    const type = /^\/control\/(.*)/.exec(request.url ?? '')?.[1]
    if (type === undefined) {
      response.end(DESCRIPTION)
      return
    }
    const action = new RegExp(`^"${type}#(\\w+)"$`).exec(String(request.headers.soapaction))?.[1] ?? ''
    const field = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
    const answered = answer(type, action, field)
    say({
      action,
      protocol: field('NewProtocol'),
      external: field('NewExternalPort'),
      client: field('NewInternalClient'),
      internal: field('NewInternalPort'),
      lease: field('NewLeaseDuration'),
      answered
    })
    response.statusCode = typeof answered === 'number' ? 500 : 200
    response.end(
      typeof answered === 'number'
        ? envelope(
            `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>
<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${answered}</errorCode><errorDescription>no</errorDescription>
</UPnPError></detail></s:Fault>`
          )
        : envelope(`<u:${action}Response xmlns:u="${type}">${answered}</u:${action}Response>`)
    )
  })
})

function envelope(body: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>${body}</s:Body></s:Envelope>`
}

const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.on('message', (message, from) => {
  const text = String(message)
  const wanted = /^ST:\s*(\S+)/im.exec(text)?.[1]
  if (!text.startsWith('M-SEARCH')) return
  say({ search: wanted })
  if (wanted !== TYPE) return
  const lines = [
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL: max-age=1800',
    'EXT:',
    `LOCATION: http://${inner}:${PORT}/root.xml`,
    'SERVER: Linux UPnP/1.1 test/1',
    `ST: ${TYPE}`,
    `USN: uuid:1::${TYPE}`
  ]
  socket.send(`${lines.join('\r\n')}\r\n\r\n`, from.port, from.address)
})
socket.bind(1900, () => {
  socket.addMembership(GROUP, inner)
  server.listen(PORT, inner, () => say({ ready: true }))
})
