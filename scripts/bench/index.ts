/** Every benchmark by name. To add one, write a module beside this and put it here. */
import { codecBenchmark } from './codec.js'

/** One line of a table, one JSON object. */
export type BenchRow = Readonly<Record<string, number | string>>

export interface Benchmark {
  /** One line for --help. */
  readonly summary: string
  /** Stated above the table: what was measured and on what. */
  readonly setting: string
  /** Rows with the same keys; numbers are printed as they come with --json, rounded in the table. */
  run(): AsyncIterable<BenchRow> | Iterable<BenchRow>
}

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  codec: codecBenchmark
}
