/** What a router says by UPnP, from this side: whom it is believed, and how long. The whole is test/netns/upnp.test.ts. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRouterGateway } from '#src/node/reach/router/gateway.js'
import { locationIn } from '#src/node/reach/router/search.js'
import { describe as describeRouter, type Service } from '#src/node/reach/router/service.js'
import { createManualClock } from '../support/net-clock.js'

const IP = 'urn:schemas-upnp-org:service:WANIPConnection:1'

describe('a router', () => {
  let server: Server
  let answer: (url: string, action: string, body: string) => string | number
  let at: URL

  before(async () => {
    server = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => {
        body += chunk
      })
      request.on('end', () => {
        const action = /#(\w+)"$/.exec(String(request.headers.soapaction))?.[1] ?? ''
        const said = answer(request.url ?? '', action, body)
        response.statusCode = typeof said === 'number' ? 500 : 200
        response.end(typeof said === 'number' ? `<s:Envelope><errorCode>${said}</errorCode></s:Envelope>` : said)
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    at = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/root.xml`)
  })

  after(() => server.close())

  it('is heard when it answers for itself, and not when it sends this machine elsewhere', () => {
    const told = (location: string, target = 'device:InternetGatewayDevice:1', first = 'HTTP/1.1 200 OK') =>
      locationIn(
        [first, `Location:${location}`, `ST: urn:schemas-upnp-org:${target}`, '', ''].join('\r\n'),
        '192.168.1.1'
      )?.href
    const own = 'http://192.168.1.1:5000/root.xml'
    assert.equal(told(own), own)
    assert.equal(told(own, 'service:WANPPPConnection:1'), own)
    assert.equal(told(own, 'device:MediaServer:1'), undefined)
    assert.equal(told(own, undefined, 'NOTIFY * HTTP/1.1'), undefined)
    for (const elsewhere of [
      'http://192.168.1.2/',
      'http://127.0.0.1:22/',
      'file:///etc/passwd',
      'https://192.168.1.1/',
      ''
    ])
      assert.equal(told(elsewhere), undefined, elsewhere)
  })

  it('is asked at its own address only, by what it offers, the newest first', async () => {
    const service = (type: string, control: string) =>
      `<service><serviceType>${type}</serviceType><controlURL>${control}</controlURL></service>`
    answer = () =>
      `<root><URLBase>http://127.0.0.1:${at.port}/base/</URLBase><device><serviceList>
${service(IP, '/ip?a=1&amp;b=2')}${service(IP.replace(':1', ':2'), 'new')}${service(IP, 'http://192.0.2.1/elsewhere')}
${service('urn:schemas-upnp-org:service:Layer3Forwarding:1', '/other')}</serviceList></device></root>`
    const found = await describeRouter(at)
    assert.deepEqual(
      found.map(({ control }) => control.pathname + control.search),
      ['/base/new', '/ip?a=1&b=2']
    )
  })

  it('is not listened to without end, whatever it says', async () => {
    answer = () => 'x'.repeat(300 * 1024)
    await assert.rejects(describeRouter(at), /answers more than/)
    answer = () => '<a>'.repeat(100)
    await assert.rejects(describeRouter(at), /too many elements/)
    answer = () => '<not xml & <at all'
    assert.deepEqual(await describeRouter(at), [])
    answer = () => 404
    await assert.rejects(describeRouter(at), /answers 500/)
  })

  it('is asked again before it forgets, and never after the end', async () => {
    const clock = createManualClock()
    const asked: string[] = []
    let heard = (): void => {}
    answer = (_, action, body) => {
      if (action === 'GetExternalIPAddress')
        return `<r><u:${action}Response><NewExternalIPAddress>11.0.0.2</NewExternalIPAddress></u:${action}Response></r>`
      const value = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1]
      asked.push([action, value('NewProtocol'), value('NewExternalPort'), value('NewLeaseDuration')].join(' ').trim())
      heard()
      return `<r><u:${action}Response/></r>`
    }
    const services: Service[] = [{ type: IP, control: at }]
    const router = createRouterGateway({ host: '127.0.0.1', services, local: '127.0.0.1', clock })
    await router.open('TCP', 4001, '127.0.0.1')
    await router.open('TCP', 4001, '127.0.0.1')
    assert.deepEqual(asked, ['AddPortMapping TCP 4001 3600'], 'once is enough')
    await assert.rejects(router.open('TCP', 4001, '172.17.0.1'), /does not lead to/)
    for (let i = 0; i < 3; i++) {
      const again = new Promise<void>(resolve => {
        heard = resolve
      })
      clock.advance(20 * 60_000)
      await again
    }
    assert.deepEqual(asked, Array(4).fill('AddPortMapping TCP 4001 3600'))
    await router.stop()
    clock.advance(24 * 3_600_000)
    assert.deepEqual(asked.slice(4), ['DeletePortMapping TCP 4001'])
    assert.deepEqual(router.facts().opened, [])
  })

  it('opens nothing when it stands behind another one, and says so', async () => {
    answer = (_, action) =>
      `<${action}Response><NewExternalIPAddress>192.168.0.2</NewExternalIPAddress></${action}Response>`
    const services: Service[] = [{ type: IP, control: at }]
    const router = createRouterGateway({ host: '127.0.0.1', services, local: '127.0.0.1', clock: createManualClock() })
    await assert.rejects(router.open('TCP', 4001, '127.0.0.1'), /behind another one/)
    assert.equal(router.facts().outer, '192.168.0.2')
  })
})
