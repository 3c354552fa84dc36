/** Asks for data and for consent, before anything is published. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { createInterface } from 'node:readline/promises'
import type { Manifest } from '../../core/protocol/manifest.js'
import { Interrupted, UsageError } from '../cli/errors.js'
import { loadData } from '../data/index.js'
import { formatCount } from '../report/units.js'
import { checkDataFlag } from '../task-plan.js'

export interface Choice {
  /** Undefined: the data that comes with Starlings. */
  readonly data: string | undefined
}

export interface ConsentInit {
  readonly manifest: Manifest
  /** Of --data. */
  readonly data: string | undefined
  /** Of --shard: this peer takes a part of the samples only. */
  readonly isPart?: boolean
  /** Of --yes: nobody is asked. */
  readonly yes: boolean
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** Where the person is. @default stdin, and stderr for questions */
  readonly terminal?: Terminal
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

/**
 * @returns undefined when the person would rather not
 * @throws {UsageError} when nobody can be asked {DataError} when the data of a flag does not fit {Interrupted}
 */
export async function askConsent(init: ConsentInit): Promise<Choice | undefined> {
  const {
    manifest,
    data,
    isPart = false,
    yes,
    say,
    signal,
    terminal = { input: process.stdin, output: process.stderr }
  } = init
  if (yes || data !== undefined) {
    checkDataFlag(manifest.task.kind, data)
    say(await countSamples(manifest, data, isPart))
  }
  if (yes) return { data }
  if (terminal.input.isTTY !== true)
    throw new UsageError(
      `nobody can be asked here: --yes takes part with the data of --data${isBundled(manifest) ? ', or the committed digits' : ''}`
    )
  const lines = createInterface(terminal)
  const ask = (question: string): Promise<string> =>
    lines.question(question, { signal }).then(
      answer => answer.trim(),
      cause => {
        throw signal.aborted ? new Interrupted() : cause
      }
    )
  // The end of the input is an answer, too.
  const closed = new Promise<never>((_, reject) => lines.once('close', () => reject(new Interrupted())))
  closed.catch(() => undefined)
  try {
    const chosen = data === undefined ? await Promise.race([askData(manifest, isPart, ask, say), closed]) : { data }
    const answer = await Promise.race([ask('Take part now? [y/N] '), closed])
    return /^y(es)?$/i.test(answer) ? chosen : undefined
  } finally {
    lines.close()
  }
}

const QUESTIONS: Readonly<Record<Manifest['task']['kind'], string>> = {
  digits: 'Path of your data, or Enter for the digits of Starlings: ',
  mnist: 'Path of your folder of MNIST files: ',
  table: 'Path of your CSV file: '
}

function isBundled({ task }: Manifest): boolean {
  return task.kind === 'digits'
}

async function askData(
  manifest: Manifest,
  isPart: boolean,
  ask: (question: string) => Promise<string>,
  say: (line: string) => void
): Promise<Choice> {
  for (;;) {
    const answer = await ask(QUESTIONS[manifest.task.kind])
    if (answer === '' && !isBundled(manifest)) {
      say('this swarm learns from data of yours only; Ctrl-C takes no part')
      continue
    }
    const data = answer === '' ? undefined : pathOf(answer)
    try {
      say(await countSamples(manifest, data, isPart))
      return { data }
    } catch (error) {
      say(data !== undefined && !existsSync(data) ? `${data}: does not exist` : message(error))
    }
  }
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** As terminals paste what was dropped on them, and as people are used to from a shell. */
function pathOf(text: string): string {
  const path = /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text.replaceAll('\\ ', ' ')
  return path.replace(/^~(?=\/|$)/, homedir())
}

async function countSamples(manifest: Manifest, data: string | undefined, isPart: boolean): Promise<string> {
  const { train, test } = await loadData(manifest.task, { path: data, seed: manifest.seed })
  return `${formatCount(train.rows.length)} samples to train on${isPart ? ', of which this peer takes its shard' : ''}, ${formatCount(test.rows.length)} to test with`
}
