/** Calls between two threads: either side asks and answers, can abort what it asked, and hears of errors. */
import { type PlainError, plainError, reviveError } from './plain-error.js'
import type { Port } from './port.js'

/** The calls that a side answers, each with what it takes and what it gives. */
export type CallMap<Calls> = { [K in keyof Calls]: { readonly input: unknown; readonly output: unknown } }

/** One call, as the side that answers it sees it. */
export type Called<Calls extends CallMap<Calls>> = {
  [K in keyof Calls]: { readonly call: K; readonly input: Calls[K]['input'] }
}[keyof Calls]

export interface CallOptions {
  /** The call ends when the other side says so, which may be a little later. */
  readonly signal?: AbortSignal | undefined
  /** Buffers in the input that are the other side's afterwards. */
  readonly moved?: readonly ArrayBuffer[]
}

export interface LinkInit<Mine extends CallMap<Mine>> {
  readonly port: Port
  /** Answers the other side's calls. @default refuses them all */
  readonly answer?: (called: Called<Mine>, signal: AbortSignal) => Promise<Mine[keyof Mine]['output']>
  /** Buffers in an output that are the other side's afterwards. @default none */
  readonly movedBy?: (output: Mine[keyof Mine]['output']) => readonly ArrayBuffer[]
  /** Errors with a class of their own. @default keep their name only */
  readonly errors?: { readonly plain: (error: unknown) => PlainError; readonly revive: (error: PlainError) => Error }
}

export interface Link<Theirs extends CallMap<Theirs>> {
  /** Rejects with what the other side threw, with the signal's reason, or with what {@link Link.end} was given. */
  call<K extends keyof Theirs>(call: K, input: Theirs[K]['input'], options?: CallOptions): Promise<Theirs[K]['output']>
  /** The other side is gone: open calls reject, and so do all later ones. Twice is fine. */
  end(error: Error): void
}

interface Request {
  readonly id: number
  readonly call: PropertyKey
  readonly input: unknown
}

type Message =
  | Request
  | { readonly id: number; readonly abort: true }
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: PlainError }

interface Pending {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}

/** @typeParam Mine what this side answers @typeParam Theirs what the other does */
export function createLink<Mine extends CallMap<Mine>, Theirs extends CallMap<Theirs>>(
  init: LinkInit<Mine>
): Link<Theirs> {
  const { port, answer, movedBy = () => [], errors = { plain: plainError, revive: reviveError } } = init
  const pending = new Map<number, Pending>()
  const running = new Map<number, AbortController>()
  let next = 0
  let ended: Error | undefined

  async function perform({ id, call, input }: Request): Promise<void> {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      if (answer === undefined) throw new TypeError(`nobody answers ${String(call)} here`)
      const output = await answer({ call, input } as Called<Mine>, controller.signal)
      port.post({ id, output }, movedBy(output))
    } catch (error) {
      port.post({ id, error: errors.plain(error) }, [])
    } finally {
      running.delete(id)
    }
  }

  function settle(message: Message & { readonly id: number }): void {
    const waiting = pending.get(message.id)
    pending.delete(message.id)
    if ('error' in message) waiting?.reject(errors.revive(message.error))
    else if ('output' in message) waiting?.resolve(message.output)
  }

  port.hear(data => {
    const message = data as Message
    if ('call' in message) void perform(message)
    else if ('abort' in message) running.get(message.id)?.abort()
    else settle(message)
  })

  return {
    call(call, input, { signal, moved = [] } = {}) {
      if (ended !== undefined) return Promise.reject(ended)
      if (signal?.aborted === true) return Promise.reject(signal.reason)
      const id = next++
      return new Promise((resolve, reject) => {
        const abort = (): void => port.post({ id, abort: true }, [])
        signal?.addEventListener('abort', abort, { once: true })
        pending.set(id, {
          resolve: output => {
            signal?.removeEventListener('abort', abort)
            resolve(output as Theirs[typeof call]['output'])
          },
          reject: error => {
            signal?.removeEventListener('abort', abort)
            reject(signal?.aborted === true && error.name === 'AbortError' ? signal.reason : error)
          }
        })
        port.post({ id, call, input }, moved)
      })
    },
    end(error) {
      if (ended !== undefined) return
      ended = error
      for (const { reject } of pending.values()) reject(error)
      pending.clear()
    }
  }
}
