/** Runs the real command as a user does, in a process of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { EpochRecord, JsonRecord, SummaryRecord } from '#src/node/json.js'
import type { Namespace } from '../support/netns.js'

const MAIN = fileURLToPath(new URL('../../../node/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly pid: number
  readonly ended: Promise<Ended>
  /** What it said so far, whole lines. */
  output(): { readonly stdout: string; readonly stderr: string }
  /** Resolves with the first line of either output that the predicate accepts; rejects when the command ended without. */
  line(accepts: (line: string) => boolean): Promise<string>
}

const running = new Set<Running>()
/** With how it was called: those of the test that runs now, and those that are still there from before. */
const called = new Map<Running, string>()
/** Of each output of a command, characters from its end: a node that ran for minutes said a lot. */
const MAX_TOLD = 8000

/** In a process group of its own, as a shell does it, so that a signal can be sent to all of it. */
export function start(...args: readonly string[]): Running {
  return startIn({ prefix: [] }, ...args)
}

/** On a machine of the test's own: see `createNet`. */
export function startIn({ prefix }: Pick<Namespace, 'prefix'>, ...args: readonly string[]): Running {
  const [file = process.execPath, ...rest] = [...prefix, process.execPath, MAIN, ...args]
  const process_ = spawn(file, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  const lines: string[] = []
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    createInterface({ input: process_[name] }).on('line', line => {
      output[name] += `${line}\n`
      lines.push(line)
      for (const watcher of watchers) watcher()
    })
  }
  const ended = once(process_, 'close').then(([code, signal]) => ({ code, signal, ...output }))
  const command: Running = {
    process: process_,
    pid: process_.pid ?? Number.NaN,
    ended,
    output: () => output,
    line: accepts =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(accepts)
          if (found === undefined) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
        void ended.then(end => {
          look()
          reject(new Error(`ended with ${end.code ?? end.signal} before the line came:\n${end.stdout}${end.stderr}`))
        })
      })
  }
  running.add(command)
  called.set(command, args.join(' '))
  void ended.then(() => running.delete(command))
  return command
}

export function run(...args: readonly string[]): Promise<Ended> {
  return start(...args).ended
}

/** After a test that failed half-way. Resolves when they are gone, so that nothing writes into a folder that is removed next. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map(kill))
}

async function kill({ process: child, pid }: Running): Promise<void> {
  const gone = hasEnded(child) ? undefined : once(child, 'exit')
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
  await gone
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** What the commands said so far, for a test that failed. */
export function tellAll(): string {
  const told = [...called].map(([command, args]) => {
    const { exitCode, signalCode } = command.process
    const { stdout, stderr } = command.output()
    const end = exitCode ?? signalCode
    return [`--- starlings ${args} (${end === null ? 'runs' : `ended: ${end}`})`, last(stdout), last(stderr)].join('\n')
  })
  return told.join('\n')
}

/** Between two tests: those that ended are nothing to the next one. */
export function forgetEnded(): void {
  for (const command of called.keys()) if (hasEnded(command.process)) called.delete(command)
}

function last(text: string): string {
  return text.length <= MAX_TOLD ? text : `…${text.slice(-MAX_TOLD)}`
}

/** Every line must be one record. */
export function records(stdout: string): readonly JsonRecord[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as JsonRecord)
}

export function epochsOf(all: readonly JsonRecord[]): readonly EpochRecord[] {
  return all.filter(record => record.type === 'epoch')
}

/** The last record, of a testnet. */
export function summaryOf(all: readonly JsonRecord[]): SummaryRecord {
  const last = all.at(-1)
  if (last?.type !== 'summary' || last.accuracy === null)
    throw new Error(`the last record is no summary: ${JSON.stringify(last)}`)
  return { ...last, accuracy: last.accuracy }
}

/** Process ids of the children that a process has now. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  return stdout
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
