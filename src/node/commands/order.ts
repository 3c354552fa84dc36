/** `starlings pause`, `resume` and `leave`: telling a running node what to do. */
import type { ControlOptions } from '../cli/options.js'
import { askNode } from '../control/index.js'
import { commandName, resumeCommand, shellWord } from '../node-lines.js'
import { formatCount } from '../report/units.js'
import { theHome } from '../store/homes.js'
import type { NodeStatus } from '../upkeep/status.js'
import { restingText } from '../upkeep/status-text.js'

export async function order(ask: 'pause' | 'resume' | 'leave', options: ControlOptions): Promise<void> {
  const home = await theHome(options.home)
  const before = ask === 'pause' ? ((await askNode(home, { ask: 'status' })) as NodeStatus) : undefined
  const status = (await askNode(home, { ask })) as NodeStatus
  const again = before?.resting.includes('asked') === true
  process.stdout.write(`${options.json === true ? JSON.stringify(status) : done(ask, home, status, again)}\n`)
}

/** @param already whether it was paused before */
function done(
  ask: 'pause' | 'resume' | 'leave',
  home: string,
  { epoch, resting }: NodeStatus,
  already: boolean
): string {
  const at = `at epoch ${formatCount(epoch)}`
  if (ask === 'pause')
    return `${already ? 'already paused,' : 'paused'} ${at}; go on with: ${resumeCommand(home, process.env)}`
  if (ask === 'leave')
    return `leaving the swarm ${at}; come back with: ${commandName(process.env)} node --home ${shellWord(home)}`
  return resting.length === 0 ? `training again ${at}` : `no longer paused, ${at}; still ${restingText(resting)}`
}
