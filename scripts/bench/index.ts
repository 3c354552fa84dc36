/** Every benchmark by name. To add one, write a module beside this and put it here. */
import { aloneBenchmark } from './alone.js'
import { codecBenchmark } from './codec.js'
import { dhtBenchmark } from './dht.js'
import { faultsBenchmark } from './faults.js'
import { lotsBenchmark } from './lots.js'
import { mdnsBenchmark } from './mdns.js'
import { pageBenchmark } from './page.js'
import { repairBenchmark } from './repair.js'
import { scaleBenchmark } from './scale.js'
import { soakBenchmark } from './soak.js'
import { swarmBenchmark } from './swarm.js'

/** One line of a table, one JSON object. */
export type BenchRow = Readonly<Record<string, number | string | boolean>>

/** Flags of the command; a benchmark takes what concerns it. */
export interface BenchOptions {
  readonly seeds?: readonly number[]
  readonly tasks?: readonly string[]
  readonly epochs?: readonly number[]
  /** Of training, in wall time. */
  readonly minutes?: number
  /** Folder of MNIST's IDX files. */
  readonly data?: string
  /** Says what it is busy with, a line at a time. */
  readonly progress: (line: string) => void
}

export interface Benchmark {
  /** One line for --help. */
  readonly summary: string
  /** Stated above the table: what was measured and on what. */
  readonly setting: string
  /** Rows with the same keys; numbers are printed as they come with --json, rounded in the table. */
  run(options: BenchOptions): AsyncIterable<BenchRow> | Iterable<BenchRow>
  /** A row as people read it. @default the row itself */
  readonly show?: (row: BenchRow) => BenchRow
}

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  alone: aloneBenchmark,
  codec: codecBenchmark,
  dht: dhtBenchmark,
  faults: faultsBenchmark,
  lots: lotsBenchmark,
  mdns: mdnsBenchmark,
  page: pageBenchmark,
  repair: repairBenchmark,
  scale: scaleBenchmark,
  soak: soakBenchmark,
  swarm: swarmBenchmark
}
