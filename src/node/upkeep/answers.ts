/** What a running node does for those that ask it through its home's socket. */
import type { ControlHandlers } from '../control/index.js'
import type { LocalPeer } from '../local-peer.js'
import type { Home } from '../store/home.js'
import type { NodeStatus } from './status.js'

export interface AnswersInit {
  readonly local: LocalPeer
  /** Remembers whether the peer is paused. */
  readonly home: Home
  readonly say: (message: string) => void
  /** Leaves the swarm politely and ends. */
  readonly leave: () => void
  /** Makes an invite, when this node can. */
  readonly invite?: ((page: string | undefined) => unknown) | undefined
  readonly status: () => NodeStatus
}

export function answers({ local, home, say, leave, invite, status }: AnswersInit): ControlHandlers {
  const remember = (paused: boolean): Promise<void> => {
    const { paused: _, ...rest } = home.settings
    return home.remember(paused ? { ...rest, paused } : rest)
  }
  return {
    status,
    pause: async () => {
      if (!local.peer.status().resting.includes('asked')) say('paused: it follows and helps others, and trains nothing')
      local.peer.rest('asked')
      await remember(true)
      return status()
    },
    resume: async () => {
      if (local.peer.status().resting.includes('asked')) say('going on')
      local.peer.wake('asked')
      await remember(false)
      return status()
    },
    leave: () => {
      say('leaving the swarm, as it was asked to')
      // The answer goes first.
      setImmediate(leave)
      return status()
    },
    ...(invite && { invite: ({ page }: { readonly page?: string }) => invite(page) })
  }
}
