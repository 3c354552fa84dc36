/** When this page rests: what the person wants, kept for the next visit, and what the browser tells of its device. */
import { type Conditions, type ConditionsWatch, watchConditions } from './conditions.js'
import { ALL_RULES, restReasons } from './resting.js'
import type { RestReason, Rules } from './session.js'
import type { BrowserHome } from './storage/home.js'

export interface RestsInit {
  readonly home: BrowserHome
  readonly swarm: string
  /** There may be other reasons now, or other conditions to show. */
  readonly changed: () => void
  /** The page was frozen, asleep or offline, and is no longer. */
  readonly back: () => void
}

export class Rests {
  readonly #init: RestsInit
  readonly #watch: ConditionsWatch
  #asked = false
  #rules: Rules = ALL_RULES
  #reasons: readonly RestReason[] = []

  /** Watches until {@link Rests.stop}. */
  constructor(init: RestsInit) {
    this.#init = init
    this.#watch = watchConditions(() => this.#decide(), init.back)
  }

  /** None: it trains. */
  get reasons(): readonly RestReason[] {
    return this.#reasons
  }

  get rules(): Rules {
    return this.#rules
  }

  get conditions(): Conditions {
    return this.#watch.now()
  }

  /** What was wanted in an earlier visit. */
  async load(): Promise<void> {
    const { home, swarm } = this.#init
    this.#asked = (await home.get(swarm, 'paused')) ?? false
    this.#rules = (await home.get(swarm, 'rules')) ?? ALL_RULES
    this.#decide()
  }

  /** The person wants it to rest, or no longer. */
  async ask(paused: boolean): Promise<void> {
    this.#asked = paused
    await this.#init.home.put(this.#init.swarm, 'paused', paused)
    this.#decide()
  }

  obey(rules: Rules): void {
    this.#rules = rules
    void this.#init.home.put(this.#init.swarm, 'rules', rules)
    this.#decide()
  }

  stop(): void {
    this.#watch.stop()
  }

  #decide(): void {
    this.#reasons = restReasons(this.conditions, this.#rules, this.#asked)
    this.#init.changed()
  }
}
