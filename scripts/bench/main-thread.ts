/** What the tasks of a page's main thread cost, by the browser's own trace. */
import type { Browser } from 'playwright-core'

/**
 * In time of the thread, which other work on the machine does not make longer, as it does what a clock tells. NaN where the
 * system has no clock for threads.
 */
export interface MainThread {
  /** Task, ms. */
  readonly longest: number
  /** All tasks, ms per second. */
  readonly perSecond: number
}

/** As Chromium writes them; times in µs. */
interface TraceEvent {
  readonly name: string
  /** 'X': begins at `ts` and takes `dur`; 'M': tells of a thread. */
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

const TASK = 'ThreadControllerImpl::RunTask'

/** Watches the one page that the browser has during `work`, which takes minutes at most: the trace is kept in memory. */
export async function watchMainThread(browser: Browser, work: () => Promise<unknown>): Promise<MainThread> {
  await browser.startTracing(undefined, { categories: ['toplevel'] })
  const began = performance.now()
  await work()
  const seconds = (performance.now() - began) / 1000
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[]
  }
  const tasks = mainTasks(traceEvents)
  // The few that were cut off by the trace's ends have no time of their own.
  const cpu = tasks.flatMap(({ tdur }) => (tdur === undefined ? [] : [tdur / 1000]))
  const none = cpu.length === 0 ? Number.NaN : 0
  return {
    longest: cpu.reduce((most, ms) => Math.max(most, ms), none),
    perSecond: cpu.reduce((sum, ms) => sum + ms, none) / seconds
  }
}

/** Outermost ones: a task may run others inside it. */
function mainTasks(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`
  const perThread = new Map<string, TraceEvent[]>()
  for (const event of events)
    if (event.ph === 'M' && event.name === 'thread_name' && event.args.name === 'CrRendererMain')
      perThread.set(threadOf(event), [])
  const tasks = events.filter(({ ph, name }) => ph === 'X' && name === TASK)
  for (const task of tasks.sort((a, b) => a.ts - b.ts)) {
    const before = perThread.get(threadOf(task))
    const { ts = 0, dur = 0 } = before?.at(-1) ?? {}
    if (task.ts >= ts + dur) before?.push(task)
  }
  // Chromium holds other processes ready for pages to come, which have little to do.
  return [...perThread.values()].sort((a, b) => b.length - a.length)[0] ?? []
}
