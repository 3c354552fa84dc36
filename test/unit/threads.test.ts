import assert from 'node:assert/strict'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { createLink, type Link } from '#src/threads/link.js'
import type { Port } from '#src/threads/port.js'

interface Calls {
  double: { readonly input: number; readonly output: number }
  fail: { readonly input: null; readonly output: never }
  wait: { readonly input: null; readonly output: string }
  take: { readonly input: Uint8Array; readonly output: number }
}

describe('a link between threads', () => {
  const channels: MessageChannel[] = []
  afterEach(() => {
    for (const { port1 } of channels.splice(0)) port1.close()
  })

  const portOf = (end: MessagePort): Port => ({
    post: (message, moved) => end.postMessage(message, moved),
    hear: listener => end.on('message', listener)
  })

  function linked(): { near: Link<Calls>; far: Link<Pick<Calls, 'double'>> } {
    const channel = new MessageChannel()
    channels.push(channel)
    const far: Link<Pick<Calls, 'double'>> = createLink<Calls, Pick<Calls, 'double'>>({
      port: portOf(channel.port2),
      async answer({ call, input }, signal) {
        switch (call) {
          case 'double':
            return 2 * (await far.call('double', input))
          case 'fail':
            throw new RangeError('too far')
          case 'take':
            return input.length
          case 'wait':
            await new Promise(resolve => signal.addEventListener('abort', resolve))
            signal.throwIfAborted()
            return 'never'
        }
      }
    })
    const near = createLink<Pick<Calls, 'double'>, Calls>({
      port: portOf(channel.port1),
      answer: async ({ input }) => 10 * input
    })
    return { near, far }
  }

  it('asks and answers in both directions at a time', async () => {
    const { near } = linked()
    assert.deepEqual(await Promise.all([near.call('double', 1), near.call('double', 2)]), [20, 40])
  })

  it('keeps the class of errors that the language has', async () => {
    await assert.rejects(linked().near.call('fail', null), (error: unknown) => {
      assert.ok(error instanceof RangeError)
      assert.equal(error.message, 'too far')
      return true
    })
  })

  it('ends a call with the reason for which it was aborted', async () => {
    const controller = new AbortController()
    const call = linked().near.call('wait', null, { signal: controller.signal })
    const reason = new DOMException('enough', 'AbortError')
    controller.abort(reason)
    await assert.rejects(call, error => error === reason)
  })

  it('gives buffers away where it is told to', async () => {
    const bytes = new Uint8Array(8)
    assert.equal(await linked().near.call('take', bytes, { moved: [bytes.buffer] }), 8)
    assert.equal(bytes.length, 0)
  })

  it('rejects what is open and what comes when the other side is gone', async () => {
    const { near } = linked()
    const gone = new Error('gone')
    const open = near.call('wait', null)
    near.end(gone)
    await assert.rejects(open, error => error === gone)
    await assert.rejects(near.call('double', 1), error => error === gone)
  })
})
