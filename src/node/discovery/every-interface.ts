/**
 * Lets mDNS speak on every interface of this machine. `@libp2p/mdns` hears on all of them, and sends where the default route
 * leads: on the second network of a machine nobody hears it, and without a default route nobody does at all.
 */
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import multicastDNS from 'multicast-dns'
import { isVirtual } from '../libp2p/physical-first.js'

/** By what mDNS is spoken. */
export interface Speaker {
  query(question: multicastDNS.QueryOutgoingPacket): void
  respond(answer: multicastDNS.ResponseOutgoingPacket): void
}

interface Voice extends Speaker {
  destroy(): void
}

/** More than any machine has that a person works at; a server with hundreds says enough on these. */
const MAX_INTERFACES = 8

/**
 * From now on it says everything on each interface that there is then.
 * @returns ends that, before it is destroyed itself
 */
export function speakEverywhere(speaker: Speaker): () => void {
  const voices = new Map<string, Voice>()
  const own: Speaker = { query: speaker.query.bind(speaker), respond: speaker.respond.bind(speaker) }

  /** Where nothing leads to other machines, it is said where it was. */
  function each(): readonly Speaker[] {
    const addresses = localAddresses()
    for (const [address, voice] of voices) {
      if (addresses.includes(address)) continue
      voices.delete(address)
      voice.destroy()
    }
    for (const address of addresses) if (!voices.has(address)) voices.set(address, createVoice(address))
    return voices.size === 0 ? [own] : [...voices.values()]
  }

  speaker.query = question => {
    for (const voice of each()) voice.query(question)
  }
  speaker.respond = answer => {
    for (const voice of each()) voice.respond(answer)
  }
  return () => {
    Object.assign(speaker, own)
    for (const voice of voices.values()) voice.destroy()
    voices.clear()
  }
}

/** From the port of mDNS, as the answers of others must come (RFC 6762, section 6); it hears nothing. */
function createVoice(address: string): Voice {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const voice = multicastDNS({ socket, multicast: false })
  socket.removeAllListeners('message')
  socket.once('listening', () => {
    try {
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(255)
    } catch {
      // The address went meanwhile: nothing is sent to anywhere then.
      voice.destroy()
    }
  })
  voice.on('error', () => {})
  voice.on('warning', () => {})
  return voice
}

/** One of each interface that leads to other machines. */
function localAddresses(): readonly string[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, all = []]) => {
      const own = all.find(({ family, internal }) => family === 'IPv4' && !internal)
      return own === undefined || isVirtual(name) ? [] : [own.address]
    })
    .slice(0, MAX_INTERFACES)
}
