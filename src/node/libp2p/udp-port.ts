/**
 * libdatachannel does not say why it cannot listen, and libp2p looks for a free TCP port where UDP is meant: a socket of
 * our own is asked first.
 */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** `/ip4/<host>/udp/<port>/webrtc-direct` with a port that is free, in the place of 0. @throws like `bind` */
export async function withUdpPort(listen: string): Promise<string> {
  const [, family, host, protocol, port] = listen.split('/')
  if (protocol !== 'udp' || host === undefined || port === undefined) return listen
  return listen.replace(
    `/${family}/${host}/udp/${port}`,
    `/${family}/${host}/udp/${await freePort(host, Number(port))}`
  )
}

/** @returns the one that was wanted, or a free one for 0 */
function freePort(host: string, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host) })
    socket.once('error', error => {
      socket.close()
      reject(error)
    })
    socket.bind(wanted, host, () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
