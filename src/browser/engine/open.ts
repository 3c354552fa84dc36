/** How a page comes by its session. */
import { SessionError } from './errors.js'
import { type Invitation, readInvitation } from './invitation.js'
import { takeTurn } from './one-tab.js'
import { openPageSession } from './page-session.js'
import type { Remembered, Session, SessionInit } from './session.js'
import { openBrowserHome } from './storage/home.js'

const STORAGE = 'starlings'

/**
 * Rejects with a `SessionError`: the invite is damaged, nothing is kept to go on with, another tab has the swarm open,
 * or the browser lacks what it takes.
 */
export async function openSession({ invite, storage = STORAGE }: SessionInit): Promise<Session> {
  checkBrowser()
  const invitation = invite === undefined ? undefined : readInvitation(invite)
  const release = await takeTurn(storage)
  try {
    return await openTarget(storage, invitation, release)
  } catch (error) {
    release()
    throw error
  }
}

async function openTarget(storage: string, invitation: Invitation | undefined, release: () => void): Promise<Session> {
  const home = await openBrowserHome(storage)
  try {
    const swarm = invitation?.swarm ?? (await home.current())
    if (swarm === undefined)
      throw new SessionError('nothing-kept', 'This browser takes part in no swarm yet: open an invite.')
    return await openPageSession({ home, swarm, invitation, release })
  } catch (error) {
    home.close()
    throw error
  }
}

function checkBrowser(): void {
  if (!globalThis.isSecureContext || globalThis.crypto.subtle === undefined)
    throw new SessionError(
      'insecure',
      'This page was not opened over https, so the browser keeps from it what taking part needs.'
    )
  const needed = ['indexedDB', 'WebAssembly', 'Worker', 'RTCPeerConnection', 'DecompressionStream']
  const missing = needed.filter(name => !(name in globalThis))
  if (!('locks' in navigator)) missing.push('navigator.locks')
  if (missing.length > 0)
    throw new SessionError('unsupported', `This browser lacks what taking part needs: ${missing.join(', ')}.`)
}

/** Swarms that this browser took part in, the latest first; needs no connection. */
export async function remembered(storage = STORAGE): Promise<readonly Remembered[]> {
  const home = await openBrowserHome(storage)
  try {
    const found: Remembered[] = []
    for (const swarm of await home.swarms()) {
      const manifest = await home.manifest(swarm)
      const view = await home.get(swarm, 'view')
      const seenAt = await home.get(swarm, 'seenAt')
      if (manifest !== undefined && view !== undefined && seenAt !== undefined)
        found.push({ swarm, name: manifest.name, lastSeen: new Date(seenAt), view })
    }
    return found.sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime())
  } finally {
    home.close()
  }
}
