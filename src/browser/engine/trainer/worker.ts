/** The thread on which a page trains. Its messages bring the ports it talks over. */

import { webPort } from '../../../threads/port.js'
import digits from '../../../train/data/digits.csv.gz?url'
import { createEngine } from '../../../train/engine/engine.js'
import { DataError } from '../../../train/error.js'
import { createTrainerThread } from '../../../train/remote/thread.js'
import { keyOfChosen, loadChosen, type PageSource } from './source.js'
import { loadWasm } from './wasm.js'

// Loads while the page is still busy with other things; whoever needs it first hears of a failure.
const backend = loadWasm()
backend.catch(() => {})

/** Of all that lets messages in, the one that timers' throttling does not slow down. */
const channel = new MessageChannel()
const breath: (() => void)[] = []
channel.port1.onmessage = () => breath.shift()?.()

async function bundledDigits(): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(digits, import.meta.url))
  if (!response.ok)
    throw new DataError('the digits of this page', `cannot be fetched (${response.status})`, 'load the page again')
  return new Uint8Array(await response.arrayBuffer())
}

const thread = createTrainerThread<PageSource>({
  async loadEngine(model) {
    await backend
    return createEngine(model)
  },
  loadData: (task, options) => loadChosen(task, options, bundledDigits),
  keyOf: keyOfChosen,
  breathe: () =>
    new Promise<void>(resolve => {
      breath.push(resolve)
      channel.port2.postMessage(null)
    })
})

globalThis.onmessage = (event: MessageEvent<MessagePort>) => thread.serve(webPort(event.data))
