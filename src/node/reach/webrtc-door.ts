/**
 * WebRTC-direct makes a connection, 120 KB and 3 ms of a core, for every datagram with a new name in it, whoever sent it
 * from wherever it says, and keeps it until the handshake is overdue. Here is how many of those there may be.
 */
import type { Transport } from '@libp2p/interface'
import { createBudgets } from '../../net/budget.js'

/** Connections that have not shaken hands yet, of all and of one host; of more, the oldest gives way. */
const MAX_PENDING = 64
const MAX_PENDING_OF_HOST = 16
/** New ones. What is left out is heard again: whoever is honest repeats itself some times a second. */
const NEW = { perMinute: 1800, burst: 64 }
const NEW_OF_HOST = { perMinute: 600, burst: 16 }

type Incoming = (ufrag: string, host: string, port: number, signal: AbortSignal) => Promise<void>

/** A transport factory whose WebRTC-direct listeners let in a bounded number at once. */
export function boundedDirect<Components>(
  create: (components: Components) => Transport
): (components: Components) => Transport {
  return components => {
    const transport = create(components)
    const createListener = transport.createListener.bind(transport)
    const bound = createBound()
    transport.createListener = options => {
      const listener = createListener(options)
      const incoming: unknown = Reflect.get(listener, 'incomingConnection')
      if (typeof incoming !== 'function') throw new TypeError('this WebRTC-direct listener does not show who comes')
      Reflect.set(
        listener,
        'incomingConnection',
        bound((...coming) => Reflect.apply(incoming, listener, coming))
      )
      return listener
    }
    return transport
  }
}

interface Pending {
  readonly host: string
  readonly giveUp: AbortController
}

/** For all listeners of a node together. */
function createBound(): (incoming: Incoming) => Incoming {
  const budgets = createBudgets({ ...NEW_OF_HOST, all: NEW })
  /** Oldest first. */
  const pending = new Map<string, Pending>()

  function makeRoom(host: string): void {
    const ofHost = [...pending.values()].filter(one => one.host === host)
    const first = ofHost.length >= MAX_PENDING_OF_HOST ? ofHost[0] : undefined
    const [oldest] = pending.size >= MAX_PENDING ? pending.values() : []
    const gone = first ?? oldest
    gone?.giveUp.abort(new Error('too many come at once'))
  }

  return incoming => async (ufrag, host, port, signal) => {
    const name = `${host} ${port} ${ufrag}`
    // A request that is repeated, or too many.
    if (pending.has(name) || !budgets.take(host, performance.now())) return
    makeRoom(host)
    const giveUp = new AbortController()
    pending.set(name, { host, giveUp })
    try {
      await incoming(ufrag, host, port, AbortSignal.any([signal, giveUp.signal]))
    } finally {
      pending.delete(name)
    }
  }
}
