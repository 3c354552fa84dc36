/** The thread on which a page's peer decides. Its first message brings the ports it talks over. */
import { webPort } from '../../../threads/port.js'
import type { PeerPorts } from './calls.js'
import { servePeer } from './host.js'

globalThis.onmessage = (event: MessageEvent<PeerPorts>) => {
  globalThis.onmessage = null
  servePeer(webPort(event.data.page), webPort(event.data.trainers))
}
