/** How often something may happen: to or for one peer or host, and for all of them together. */
import { remember } from './remember.js'

export interface BudgetInit {
  readonly perMinute: number
  /** At once. */
  readonly burst: number
}

export interface Budget {
  has(now: number): boolean
  /** @returns whether there was one */
  take(now: number): boolean
}

/** A token bucket that begins full. Times are milliseconds of one clock. */
export function createBudget({ perMinute, burst }: BudgetInit): Budget {
  let tokens = burst
  let at = Number.NEGATIVE_INFINITY
  function fill(now: number): void {
    if (now > at)
      tokens = at === Number.NEGATIVE_INFINITY ? burst : Math.min(burst, tokens + ((now - at) * perMinute) / 60_000)
    at = Math.max(at, now)
  }
  return {
    has(now) {
      fill(now)
      return tokens >= 1
    },
    take(now) {
      fill(now)
      if (tokens < 1) return false
      tokens--
      return true
    }
  }
}

export interface BudgetsInit extends BudgetInit {
  /** Those remembered; who was away the longest is forgotten first, and begins afresh. @default 256 */
  readonly max?: number
  /** Of all together. @default no bound */
  readonly all?: BudgetInit
}

export interface Budgets {
  /** @param who a peer or a host @returns whether there was one, of its own and of the common ones; if so both are taken */
  take(who: string, now: number): boolean
}

/** A budget for each. */
export function createBudgets({ perMinute, burst, max = 256, all }: BudgetsInit): Budgets {
  const budgets = new Map<string, Budget>()
  const common = all && createBudget(all)
  return {
    take(who, now) {
      const own = budgets.get(who) ?? createBudget({ perMinute, burst })
      remember(budgets, who, own, max)
      return own.has(now) && (common === undefined || common.take(now)) && own.take(now)
    }
  }
}
