/** Runs `starlings testnet … --json` in a process of its own and reads its records, as every program can. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EpochRecord, SummaryRecord } from 'starlings'

const MAIN = new URL('node/main.js', import.meta.resolve('starlings'))

/** The command ended without a summary; it has said why on stderr. */
export class TestnetFailure extends Error {
  override readonly name = 'TestnetFailure'

  constructor(
    /** 2 when the flags were wrong. */
    readonly exitCode: number,
    how: string
  ) {
    super(`the testnet ended with ${how}; its lines above say why`)
  }
}

/**
 * Its warnings, and on a terminal its screen, go to this process's stderr.
 * @param args the topology file and any flags of `starlings testnet`
 * @param onEpoch called for every epoch that a peer closed
 * @throws {TestnetFailure}
 */
export async function runTestnet(
  args: readonly string[],
  onEpoch: (record: EpochRecord) => void = () => {}
): Promise<SummaryRecord> {
  const command = spawn(process.execPath, [fileURLToPath(MAIN), 'testnet', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = once(command, 'close')
  let summary: SummaryRecord | undefined
  for await (const line of createInterface({ input: command.stdout })) {
    const record = JSON.parse(line) as EpochRecord | SummaryRecord
    if (record.type === 'summary') summary = record
    else onEpoch(record)
  }
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null]
  if (code !== 0 || summary === undefined) throw new TestnetFailure(code ?? 1, signal ?? `exit code ${code}`)
  return summary
}
