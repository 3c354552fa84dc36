/** What a page and its threads hold once garbage is collected. */
import type { CDPSession, Page } from 'playwright-core'

/** Bytes on the JavaScript heap of each thread, by its name; the page's own is `page`. */
export async function heapsOf(page: Page): Promise<ReadonlyMap<string, number>> {
  const devtools = await page.context().newCDPSession(page)
  const threads = await threadsOf(devtools)
  const heaps = new Map<string, number>()
  for (const [name, send] of threads) {
    // Twice: what the first leaves to finalisers, the second takes.
    await send('HeapProfiler.collectGarbage')
    await send('HeapProfiler.collectGarbage')
    const { usedSize } = (await send('Runtime.getHeapUsage')) as { readonly usedSize: number }
    heaps.set(name, usedSize)
  }
  await devtools.detach()
  return heaps
}

type Command = 'HeapProfiler.collectGarbage' | 'Runtime.getHeapUsage'
type Send = (command: Command) => Promise<unknown>

/** The page and the workers that it started, which are asked through it. */
async function threadsOf(devtools: CDPSession): Promise<ReadonlyMap<string, Send>> {
  const threads = new Map<string, Send>([['page', command => devtools.send(command)]])
  const answers = new Map<number, (result: unknown) => void>()
  let last = 0
  devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { readonly id?: number; readonly result?: unknown }
    if (id !== undefined) answers.get(id)?.(result)
  })
  devtools.on('Target.attachedToTarget', ({ sessionId, targetInfo: { type, title } }) => {
    if (type !== 'worker') return
    threads.set(title, async command => {
      const id = ++last
      const answer = new Promise(resolve => answers.set(id, resolve))
      await devtools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method: command }) })
      return answer
    })
  })
  // Workers that are there are told of before this is answered.
  await devtools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  return threads
}
