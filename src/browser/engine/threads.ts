/** The two threads of a page's peer: one decides, one trains, and they talk to each other past the page. */
import { createLink, type Link } from '../../threads/link.js'
import { type Port, webPort } from '../../threads/port.js'
import { type Opened, type TrainerCalls, type TrainerConfig, trainerErrors } from '../../train/remote/calls.js'
import type { PeerPorts } from './peer/calls.js'
import type { PageSource } from './trainer/source.js'

export interface Threads {
  /** Loads data and makes a trainer. Rejects with a DataError that names file and place. */
  openTrainer(config: TrainerConfig<PageSource>): Promise<Opened>
  /** The peer's thread. */
  readonly peer: Port
  /** Aborts when they have ended, with why: who waits for an answer of theirs waits in vain. */
  readonly ended: AbortSignal
  /** Ends both at once. Twice is fine. */
  stop(): void
}

/** Starts both and returns at once; they load by themselves. @param failed called once when one of them died, with why */
export function startThreads(failed: (error: Error) => void): Threads {
  const trainer = new Worker(new URL('./trainer/worker.js', import.meta.url), { type: 'module', name: 'trainer' })
  const peer = new Worker(new URL('./peer/worker.js', import.meta.url), { type: 'module', name: 'peer' })
  const ending = new AbortController()
  const end = (error: Error): void => {
    link.end(error)
    ending.abort(error)
  }
  for (const worker of [trainer, peer])
    worker.onerror = event => {
      if (ending.signal.aborted) return
      const error = new Error(`a thread of the page failed: ${event.message || 'its code did not load'}`)
      end(error)
      failed(error)
    }
  const [own, forPage, between] = [new MessageChannel(), new MessageChannel(), new MessageChannel()]
  const ports: PeerPorts = { page: forPage.port2, trainers: between.port1 }
  trainer.postMessage(own.port2, [own.port2])
  trainer.postMessage(between.port2, [between.port2])
  peer.postMessage(ports, [ports.page, ports.trainers])
  const link: Link<TrainerCalls<PageSource>> = createLink({ port: webPort(own.port1), errors: trainerErrors })
  return {
    openTrainer: config => link.call('open', config),
    peer: webPort(forPage.port1),
    ended: ending.signal,
    stop() {
      trainer.terminate()
      peer.terminate()
      end(new Error('the threads of the page have ended'))
    }
  }
}
