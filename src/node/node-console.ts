/** What the user of one peer sees: its addresses, who is there, how far it is, what it reached. */
import { type Manifest, swarmId } from '../core/protocol/manifest.js'
import type { Evaluation, PeerKey } from '../interface.js'
import { systemClock } from '../net/clock.js'
import type { Efforts } from '../net/lonely.js'
import type { EpochReport, PeerEvents, PeerStatus } from '../peer/events.js'
import { inviteCode, inviteLines, type Presented } from './join/present.js'
import { qrFor } from './join/tell.js'
import type { JsonLines, NodeSummaryRecord } from './json.js'
import { NodeBoard, type NodePhase, tellsOfSwarm } from './node-board.js'
import {
  aloneLine,
  commandName,
  endedLine,
  homeLine,
  leftLine,
  neighbourLine,
  nobodyLines,
  resumeCommand,
  resumedLine,
  shellWord
} from './node-lines.js'
import type { NodePlan } from './node-plan.js'
import { type NodeEnd, summariseNode } from './node-summary.js'
import { epochRecord, roundSeconds } from './records.js'
import { createLiveView, type LiveView } from './report/live.js'
import { formatPercent, formatPlural } from './report/units.js'
import type { Glance } from './upkeep/status.js'

/** The one peer that the records know. */
const SELF = 0

export class NodeConsole {
  readonly #options: NodePlan
  readonly #output: NodeJS.WriteStream
  readonly #manifest: Manifest
  readonly #records: readonly JsonLines[]
  readonly #board: NodeBoard
  readonly #view: LiveView
  #firstEvaluationSeconds: number | null = null
  /** Digest of the params that the user was told about. */
  #tested: string | undefined
  #lastAccuracy: number | null = null
  /** With the last epoch that the tested model holds. */
  #lastTest: { readonly value: number; readonly epoch: number } | null = null
  #hadNeighbours = false

  constructor(options: NodePlan, manifest: Manifest, records: readonly JsonLines[]) {
    this.#options = options
    this.#manifest = manifest
    this.#records = records
    this.#board = new NodeBoard(manifest, options.home && resumeCommand(options.home, process.env))
    // With --json stdout is for a program, and a person may watch stderr.
    this.#output = options.json ? process.stderr : process.stdout
    this.#view = createLiveView({ output: this.#output, clock: systemClock })
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
    const { name, stop } = this.#manifest
    this.say(
      `swarm ${swarmId(this.#manifest)}: ${name}, ${stop.epochs === null ? 'without end' : formatPlural(stop.epochs, 'epoch')}`
    )
    this.say('listening on')
    for (const address of addresses) this.say(`  ${address}`)
  }

  #inviteCommand(home: string): string {
    return `${commandName(process.env)} invite --home ${shellWord(home)}`
  }

  /** How others come. @param qr whether a code was asked for @default where there is room */
  invite(invite: Presented, qr: boolean | undefined): void {
    // Logs are kept, copied and read by others: the key of a swarm is for a person who looks.
    const isHidden = invite.isSecret && !this.#output.isTTY
    for (const line of inviteLines(isHidden ? { ...invite, isSecret: false } : invite, this.#options.home))
      this.say(line)
    const isPage = invite.link.startsWith('http')
    // A line of its own, without the quotes of a shell: it is to be copied, and to be sent.
    if (isPage && !isHidden) this.say(`phones and browsers open: ${invite.link}`)
    this.say('friends take part with')
    if (isHidden) {
      const { home = '' } = this.#options
      this.say(`  the invite that this prints, which holds the key of the swarm: ${this.#inviteCommand(home)}`)
    } else this.say(`  ${commandName(process.env)} join ${shellWord(invite.link)}`)
    // A phone that reads a code without a page does not know what to do with it.
    const code = qrFor(qr ?? (isPage ? undefined : false), columns => inviteCode(invite, columns))
    if (code !== undefined) this.say(code)
  }

  /** @param status as it was read from the home; undefined for a peer that is new */
  home(path: string, status: PeerStatus | undefined): void {
    this.say(status === undefined ? `a new peer, kept in ${path}` : resumedLine(path, status))
    if (status?.trained) this.say(endedLine(this.#options.out))
  }

  phase(phase: NodePhase): void {
    this.#board.phase(phase, systemClock.now())
    this.#show()
  }

  /** Nobody has come so far, or nobody is left, while there is training to do. */
  alone(event: PeerEvents['alone']): void {
    this.say(aloneLine(event, this.#manifest.clock.maxEpochMs))
  }

  /** Somebody was looked for, and did not answer. */
  nobody(efforts: Efforts): void {
    const { made, home } = this.#options
    const invite = made === true && home !== undefined ? this.#inviteCommand(home) : undefined
    for (const line of nobodyLines(efforts, invite)) this.say(line)
  }

  /** @param status with the neighbour, or without it */
  neighbour(peer: PeerKey, connected: boolean, status: PeerStatus): void {
    const { aloneSince } = this.#board.state.company ?? {}
    const aloneMs = connected && this.#hadNeighbours && aloneSince !== undefined ? systemClock.now() - aloneSince : 0
    this.#hadNeighbours ||= connected
    this.say(neighbourLine(peer, connected, status.neighbours, aloneMs))
    this.status(status)
  }

  /** What goes on, and the newest evaluation. */
  get facts(): {
    readonly phase: string
    readonly accuracy: { readonly value: number; readonly epoch: number } | null
  } {
    return { phase: this.#board.state.phase, accuracy: this.#lastTest }
  }

  /** Looks at the whole peer once in a while. */
  upkeep(node: Glance, status: PeerStatus): void {
    if (this.#board.upkeep(node)) this.#show()
    this.status(status)
  }

  status(status: PeerStatus): void {
    if (this.#board.status(status, systemClock.now())) this.#show()
  }

  epoch(report: EpochReport, status: PeerStatus): void {
    const { neighbours, aloneMs, liveAuthors } = status
    const aloneSeconds = aloneMs === null ? null : roundSeconds(aloneMs / 1000)
    if (report.accuracy !== null) {
      this.#firstEvaluationSeconds ??= roundSeconds(performance.now() / 1000)
      this.#lastAccuracy = report.accuracy
      if (tellsOfSwarm(report) && report.epoch > (this.#lastTest?.epoch ?? -1))
        this.#lastTest = { value: report.accuracy, epoch: report.epoch }
    }
    for (const lines of this.#records)
      lines.write({ ...epochRecord(SELF, report), neighbours, aloneSeconds, liveAuthors })
    this.#board.status(status, systemClock.now())
    this.#board.epoch(report)
    this.#show()
  }

  /**
   * What was reached at the end of training, and again whenever a late update has changed it.
   * @param epoch in which the peer is: all before it are in the model
   */
  reached(evaluation: Evaluation, stateDigest: string, epoch: number): void {
    if (this.#tested === stateDigest) return
    this.#lastTest = { value: evaluation.accuracy, epoch: Math.max(epoch - 1, 0) }
    if (this.#tested !== undefined) this.say('late updates came and changed the model')
    this.#tested = stateDigest
    this.#board.tested(evaluation.accuracy)
    this.say(`accuracy ${formatPercent(evaluation.accuracy)} on all ${evaluation.samples} held-out samples`)
    this.say(`model digest ${stateDigest}`)
  }

  /** Says what was reached, unless it was said. @returns the record for `--json` and `--out` */
  end(end: NodeEnd): NodeSummaryRecord {
    this.#view.stop()
    const { evaluation, stateDigest, status } = end
    if (evaluation !== null) this.reached(evaluation, stateDigest, status.epoch)
    else if (this.#tested !== stateDigest) {
      if (this.#lastAccuracy !== null)
        this.say(`accuracy at the last test ${formatPercent(this.#lastAccuracy)}, on a sample`)
      this.say(`model digest ${stateDigest}`)
    }
    this.say(leftLine(status))
    // What has ended needs nothing to go on from.
    if (this.#options.home !== undefined || !status.trained)
      this.say(homeLine(this.#options.home, status.trained, process.env))
    return summariseNode(this.#manifest, end, {
      accuracy: this.#lastAccuracy,
      firstSeconds: this.#firstEvaluationSeconds
    })
  }

  stop(): void {
    this.#view.stop()
  }

  #show(): void {
    this.#view.update(this.#board.state)
  }
}
