/**
 * A router's UPnP (Internet Gateway Device) as a program that runs on the router: answers searches by SSDP, tells of itself by
 * HTTP, and really opens ports with nft when it is asked by SOAP. Prints a JSON line for each request.
 * Arguments: inner address, outer device, outer address, version of the device (1 or 2).
 */
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'

const [inner = '', device = '', outer = '', version = '2'] = process.argv.slice(2)
const TYPE = `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`
const SERVICE = `urn:schemas-upnp-org:service:WANIPConnection:${version}`
const GROUP = '239.255.255.250'
const PORT = 5000
const say = (record: object): void => void process.stdout.write(`${JSON.stringify(record)}\n`)
const nft = (...rule: readonly string[]): void => void execFileSync('nft', [rule.join(' ')])

nft('add chain ip border inward { type nat hook prerouting priority -100 ; }')
nft('insert rule ip border in ct status dnat accept')

const DESCRIPTION = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>${TYPE}</deviceType><friendlyName>router</friendlyName><UDN>uuid:1</UDN><deviceList>
<device><deviceType>urn:schemas-upnp-org:device:WANDevice:${version}</deviceType><UDN>uuid:2</UDN><deviceList>
<device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:${version}</deviceType><UDN>uuid:3</UDN><serviceList>
<service><serviceType>${SERVICE}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<SCPDURL>/scpd.xml</SCPDURL><controlURL>/control</controlURL><eventSubURL>/event</eventSubURL></service>
</serviceList></device></deviceList></device></deviceList></device></root>`

const server = createServer((request, response) => {
  let body = ''
  request.on('data', chunk => {
    body += chunk
  })
  request.on('end', () => {
    response.setHeader('content-type', 'text/xml; charset="utf-8"')
    if (request.url !== '/control') {
      response.end(DESCRIPTION)
      return
    }
    const action = /#(\w+)"?$/.exec(String(request.headers.soapaction))?.[1] ?? ''
    const field = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
    const [protocol, external, client, internal] = [
      field('NewProtocol').toLowerCase(),
      field('NewExternalPort'),
      field('NewInternalClient'),
      field('NewInternalPort')
    ]
    say({ action, protocol, external, client, internal, lease: field('NewLeaseDuration') })
    const known = version === '2' ? ['AddAnyPortMapping', 'AddPortMapping'] : ['AddPortMapping']
    let answer = ''
    if (action === 'GetExternalIPAddress') answer = `<NewExternalIPAddress>${outer}</NewExternalIPAddress>`
    else if (known.includes(action)) {
      nft(`add rule ip border inward iifname "${device}" ${protocol} dport ${external} dnat to ${client}:${internal}`)
      if (action === 'AddAnyPortMapping') answer = `<NewReservedPort>${external}</NewReservedPort>`
    } else if (action !== 'DeletePortMapping') {
      response.statusCode = 500
      response.end(envelope('<s:Fault><detail><UPnPError><errorCode>401</errorCode></UPnPError></detail></s:Fault>'))
      return
    }
    response.end(envelope(`<u:${action}Response xmlns:u="${SERVICE}">${answer}</u:${action}Response>`))
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
  if (wanted !== TYPE && wanted !== 'ssdp:all') return
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
