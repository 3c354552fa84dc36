/** `starlings pause`, `resume` and `leave`: telling a running node what to do. */
import type { ControlOptions } from '../cli/options.js'
import { askNode } from '../control/index.js'
import { commandName, shellWord } from '../node-lines.js'
import { formatCount } from '../report/units.js'
import { theHome } from '../store/homes.js'
import type { NodeStatus } from '../upkeep/status.js'
import { restingText } from '../upkeep/status-text.js'

export async function order(ask: 'pause' | 'resume' | 'leave', options: ControlOptions): Promise<void> {
  const home = await theHome(options.home)
  const status = (await askNode(home, { ask })) as NodeStatus
  process.stdout.write(`${options.json === true ? JSON.stringify(status) : done(ask, home, status)}\n`)
}

function done(ask: 'pause' | 'resume' | 'leave', home: string, { epoch, resting }: NodeStatus): string {
  const again = commandName(process.env)
  const at = `at epoch ${formatCount(epoch)}`
  if (ask === 'pause') return `paused ${at}; go on with: ${again} resume --home ${shellWord(home)}`
  if (ask === 'leave') return `leaving the swarm ${at}; come back with: ${again} node --home ${shellWord(home)}`
  return resting.length === 0 ? `training again ${at}` : `no longer paused, ${at}; still ${restingText(resting)}`
}
