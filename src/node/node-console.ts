/** What the user of one peer sees: its addresses, how far it is, what it reached. */
import { parameterCount } from '../core/protocol/init.js'
import { type Manifest, swarmId } from '../core/protocol/manifest.js'
import type { Evaluation } from '../interface.js'
import { systemClock } from '../net/clock.js'
import type { EpochReport, PeerStatus } from '../peer/events.js'
import type { NodeOptions } from './cli/options.js'
import type { JsonLines, SummaryRecord } from './json.js'
import { epochRecord, roundSeconds } from './records.js'
import { createLiveView, type LiveView } from './report/live.js'
import { formatPercent, formatPlural } from './report/units.js'
import { Board } from './testnet/board.js'

export interface NodeEnd {
  readonly status: PeerStatus
  /** Of the own params on everything held out, or null when the time did not suffice. */
  readonly evaluation: Evaluation | null
  readonly stateDigest: string
  /** The neighbours were last seen with the same set. */
  readonly settled: boolean
  readonly wireBytesSent: number
  readonly wireBytesReceived: number
  readonly trainedSeconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

/** The one peer that the records know. */
const SELF = 0

export class NodeConsole {
  readonly #options: NodeOptions
  readonly #manifest: Manifest
  readonly #records: readonly JsonLines[]
  readonly #board: Board
  readonly #view: LiveView
  #firstEvaluationSeconds: number | null = null
  /** Digest of the params that the user was told about. */
  #tested: string | undefined
  #lastAccuracy: number | null = null

  constructor(options: NodeOptions, manifest: Manifest, records: readonly JsonLines[]) {
    this.#options = options
    this.#manifest = manifest
    this.#records = records
    this.#board = new Board({ title: manifest.name, peers: 1, epochs: manifest.stop.epochs, startedAt: 0 })
    // With --json stdout is for a program, and a person may watch stderr.
    this.#view = createLiveView({ output: options.json ? process.stderr : process.stdout, clock: systemClock })
  }

  say(line: string): void {
    this.#view.print(line)
  }

  warn(message: string): void {
    if (process.stdout.isTTY || this.#options.json) this.#view.print(`warning: ${message}`)
    else process.stderr.write(`warning: ${message}\n`)
  }

  /** @param addresses with /p2p/<id> */
  listening(addresses: readonly string[]): void {
    const { epochs } = this.#manifest.stop
    this.say(
      `swarm ${swarmId(this.#manifest)}: ${this.#manifest.name}, ${epochs === null ? 'without end' : `${epochs} epochs`}`
    )
    this.say('listening on')
    for (const address of addresses) this.say(`  ${address}`)
    const outside = addresses.find(address => !/^\/(ip4\/127\.|ip6\/::1\/)/.test(address)) ?? addresses[0]
    if (outside === undefined) return
    this.say('another peer joins with the same manifest:')
    this.say(`  starlings node --swarm ${this.#options.swarm} --peer ${outside}`)
  }

  phase(name: string): void {
    this.#board.phase(name, systemClock.now())
    this.#view.update(this.#board.state)
  }

  epoch(report: EpochReport): void {
    const record = epochRecord(SELF, report)
    if (report.accuracy !== null) {
      this.#firstEvaluationSeconds ??= roundSeconds(performance.now() / 1000)
      this.#lastAccuracy = report.accuracy
    }
    for (const lines of this.#records) lines.write(record)
    this.#board.epoch(record)
    this.#view.update(this.#board.state)
  }

  /** The end of training, while the peer goes on helping others. */
  reached(evaluation: Evaluation, stateDigest: string): void {
    this.#tested = stateDigest
    this.say(`accuracy ${formatPercent(evaluation.accuracy)} on all ${evaluation.samples} held-out samples`)
    this.say(`model digest ${stateDigest}`)
  }

  /** Says what was reached, unless it was said. @returns the record for `--json` and `--out` */
  end(end: NodeEnd): SummaryRecord {
    this.#view.stop()
    const { evaluation, stateDigest, status } = end
    if (this.#tested !== stateDigest) {
      if (evaluation !== null) this.reached(evaluation, stateDigest)
      else {
        if (this.#lastAccuracy !== null) this.say(`accuracy at the last test ${formatPercent(this.#lastAccuracy)}`)
        this.say(`model digest ${stateDigest}`)
      }
    }
    this.say(
      `left after ${formatPlural(status.epoch, 'epoch')} with ${formatPlural(status.updates, 'update')} in the set`
    )
    return this.#summary(end)
  }

  stop(): void {
    this.#view.stop()
  }

  #summary(end: NodeEnd): SummaryRecord {
    const { status } = end
    const accuracy = end.evaluation?.accuracy ?? this.#lastAccuracy ?? 0
    const payload = status.payloadBytesReceived
    return {
      type: 'summary',
      peers: 1,
      epochs: status.epoch,
      params: parameterCount(this.#manifest.params.tensors),
      wallSeconds: roundSeconds(end.trainedSeconds),
      firstEvaluationSeconds: this.#firstEvaluationSeconds,
      accuracy: { mean: accuracy, min: accuracy, max: accuracy },
      aloneAccuracy: null,
      digestsEqual: end.settled,
      digest: end.stateDigest,
      payloadBytesReceivedPerPeer: { mean: payload, max: payload },
      wireBytesSentPerPeer: { mean: end.wireBytesSent, max: end.wireBytesSent },
      wireBytesReceivedPerPeer: { mean: end.wireBytesReceived, max: end.wireBytesReceived },
      denseBytesPerPeer: 0,
      wireToPayload: payload > 0 ? end.wireBytesReceived / payload : null,
      discardedSteps: status.discardedSteps,
      cpuSeconds: roundSeconds(end.cpuSeconds),
      peakRssBytes: end.peakRssBytes,
      swarm: swarmId(this.#manifest),
      seed: this.#manifest.seed,
      missingPeers: []
    }
  }
}
