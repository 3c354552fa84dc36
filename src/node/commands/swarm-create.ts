/** `starlings swarm create`: writes the manifest of a new swarm. */
import { writeFile } from 'node:fs/promises'
import { swarmId } from '../../core/protocol/manifest.js'
import { InputError, systemReason } from '../cli/errors.js'
import type { SwarmCreateOptions, TaskName } from '../cli/options.js'
import { planManifest } from '../task-plan.js'

/** Peers among which the task's default budget is shared; the figures of the task defaults were found with as many. */
const EXPECTED_PEERS = 16

export async function swarmCreate(task: TaskName, options: SwarmCreateOptions): Promise<void> {
  const manifest = await planManifest({
    ...options,
    task,
    expectedPeers: options.expectedPeers ?? EXPECTED_PEERS,
    ...(options.forever ? { epochs: null } : {})
  })
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  if (options.out === undefined) process.stdout.write(text)
  else await writeNew(options.out, text, options.force ?? false)
  process.stderr.write(`swarm ${swarmId(manifest)}\n`)
}

/** @throws {InputError} when the file is there and must not be replaced: another manifest is another swarm */
async function writeNew(path: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: replace ? 'w' : 'wx' })
  } catch (cause) {
    const there = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const remedy = there ? '; take another name, or replace it with --force' : ''
    throw new InputError(`--out ${path}: ${systemReason(cause) ?? 'cannot be written'}${remedy}`, { cause })
  }
}
