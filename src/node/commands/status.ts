/** `starlings status`: what a running node tells of itself. */
import { setTimeout as wait } from 'node:timers/promises'
import { Interrupted } from '../cli/errors.js'
import { listenForInterrupts } from '../cli/interrupt.js'
import type { StatusOptions } from '../cli/options.js'
import { askNode } from '../control/index.js'
import { resumeCommand } from '../node-lines.js'
import { Screen } from '../report/screen.js'
import { wrapLine } from '../report/wrap.js'
import { theHome } from '../store/homes.js'
import type { NodeStatus } from '../upkeep/status.js'
import { statusLines } from '../upkeep/status-text.js'

const EVERY_MS = 2000

export async function status(options: StatusOptions): Promise<void> {
  const home = await theHome(options.home)
  const resume = resumeCommand(home, process.env)
  const ask = async (signal?: AbortSignal) => (await askNode(home, { ask: 'status' }, signal)) as NodeStatus
  if (options.watch !== true) {
    print(await ask(), resume, options)
    return
  }
  const interrupts = listenForInterrupts()
  // A file or a pipe gets one after the other.
  const screen = options.json !== true && process.stdout.isTTY ? new Screen(process.stdout) : undefined
  try {
    while (!interrupts.signal.aborted) {
      const current = await ask(interrupts.signal)
      if (screen === undefined) print(current, resume, options)
      else
        screen.draw(
          statusLines(current, resume)
            .flatMap(line => wrapLine(line, screen.columns - 1).split('\n'))
            .map(line => line.slice(0, screen.columns - 1))
            .slice(0, screen.rows)
        )
      await wait(EVERY_MS, undefined, { signal: interrupts.signal }).catch(() => undefined)
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
  } finally {
    screen?.release()
    interrupts.release()
  }
}

function print(current: NodeStatus, resume: string, { json }: StatusOptions): void {
  process.stdout.write(json === true ? `${JSON.stringify(current)}\n` : `${statusLines(current, resume).join('\n')}\n`)
}
