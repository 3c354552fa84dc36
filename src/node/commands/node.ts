/** `starlings node`: one peer of a swarm, started by hand. */
import { createWriteStream } from 'node:fs'
import type { Manifest } from '../../core/protocol/manifest.js'
import type { Trainer } from '../../interface.js'
import { parseListenAddress, parsePeerAddress } from '../../net/address.js'
import { InputError, UsageError } from '../cli/errors.js'
import { listenForInterrupts } from '../cli/interrupt.js'
import { readManifest } from '../cli/manifest-file.js'
import type { NodeOptions } from '../cli/options.js'
import { createJsonLines } from '../json.js'
import { createLocalPeer, type LocalPeer } from '../local-peer.js'
import { NodeConsole } from '../node-console.js'
import { takePart } from '../node-session.js'
import { OutFolder } from '../out-folder.js'
import { checkDataFlag } from '../task-plan.js'
import { startTrainerWorker } from '../trainer/index.js'
import { writeModel } from '../write-model.js'

/** Every interface: this machine and the local network. */
const DEFAULT_LISTEN = '/ip4/0.0.0.0/tcp/0'

export async function node(options: NodeOptions): Promise<void> {
  checkAddresses('--peer', options.peer, parsePeerAddress)
  checkAddresses('--listen', options.listen, parseListenAddress)
  const manifest = await readManifest(options.swarm)
  checkDataFlag(manifest.task.kind, options.data)
  const out =
    options.out === undefined ? undefined : await OutFolder.open(options.out, { replace: options.force ?? false })
  await out?.write('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`)

  const records = [
    ...(options.json ? [createJsonLines(process.stdout, () => process.exit(0))] : []),
    ...(out ? [createJsonLines(createWriteStream(out.path('epochs.jsonl')))] : [])
  ]
  const console = new NodeConsole(options, manifest, records)
  const interrupts = listenForInterrupts(() => console.say('leaving the swarm; Ctrl-C again leaves at once'))
  const worker = startTrainerWorker()
  try {
    const opened = worker.open({ manifest, ...dataOf(options, manifest) })
    const local = await join(options, manifest, opened)
    const trainer = await opened
    console.listening(local.addresses())
    const summary = await takePart({ local, trainer, manifest, options, console, signal: interrupts.signal })
    if (options.json) records[0]?.write(summary)
    if (out) {
      await out.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
      await writeModel(out, manifest, local.peer.params())
    }
  } finally {
    console.stop()
    await worker.stop()
    await Promise.all(records.map(lines => lines.end()))
    interrupts.release()
  }
}

function checkAddresses(flag: string, addresses: readonly string[], parse: (text: string) => unknown): void {
  for (const address of addresses) {
    try {
      parse(address)
    } catch (cause) {
      throw new UsageError(`${flag}: ${cause instanceof Error ? cause.message : cause}\nSee: starlings node --help`, {
        cause
      })
    }
  }
}

async function join(options: NodeOptions, manifest: Manifest, trainer: Promise<Trainer>): Promise<LocalPeer> {
  const listen = options.listen.length > 0 ? options.listen : [DEFAULT_LISTEN]
  try {
    return await createLocalPeer({ manifest, mode: options.mode, listen, trainer })
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ListenError')
      throw new InputError(`--listen: ${cause.message}`, { cause })
    throw cause
  }
}

/** Two machines with the same data, seed and partition take different shards of it; the manifest's seed is at hand. */
function dataOf({ data, shard, partition }: NodeOptions, manifest: Manifest) {
  return {
    ...(data === undefined ? {} : { data }),
    ...(shard === undefined
      ? {}
      : { shard: { ...shard, partition: partition ?? ({ kind: 'iid' } as const), seed: manifest.seed } })
  }
}
