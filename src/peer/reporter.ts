/** Turns closed epochs into reports, evaluating when that is due. */
import { toFloat32 } from '../core/grid.js'
import type { Effect } from '../core/protocol/effects.js'
import { followSet } from '../core/protocol/model.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Emitter } from './emitter.js'
import { createEvaluator } from './evaluation.js'
import type { PeerComponents, PeerEvents, PeerInit } from './events.js'

export interface ReporterHooks {
  /** Who rests may be asked to do nothing at all. */
  readonly mayEvaluate: () => boolean
  /** Of the shared params when `epoch` closed, 0 … 1. */
  readonly evaluated: (epoch: number, accuracy: number) => void
}

export function createReporter(
  state: SwarmState,
  { trainer, clock }: PeerComponents,
  init: PeerInit,
  emitter: Emitter<PeerEvents>,
  { mayEvaluate, evaluated }: ReporterHooks
) {
  const evaluator =
    trainer === undefined || trainer.testSamples === 0
      ? undefined
      : createEvaluator(trainer, {
          samples: init.evaluationSamples ?? 256,
          share: init.evaluationShare ?? 0.1,
          now: () => clock.now()
        })
  /** Of the shared params as they are now, 0 … 1. */
  async function accuracyNow(by: NonNullable<typeof evaluator>, signal: AbortSignal): Promise<number> {
    followSet(state.model, state.set)
    return (await by.run(toFloat32(state.model.params), signal)).accuracy
  }

  return {
    /** Where no epochs close, as all rest: what a change of the set came to. Null: that cannot be told. */
    async settled(signal: AbortSignal): Promise<number | null> {
      // One that runs is of what the set was before.
      while (evaluator?.busy === true) await evaluator.idle()
      return evaluator === undefined || signal.aborted || !mayEvaluate() ? null : accuracyNow(evaluator, signal)
    },

    async closed(effect: Effect & { type: 'closed' }, signal: AbortSignal): Promise<void> {
      const { epoch, next, closedBy, updates, expected, durationMs } = effect
      const report = {
        epoch,
        next,
        loss: state.own.loss,
        updates,
        expected,
        closedBy,
        durationMs,
        payloadBytesReceived: state.counters.payloadBytesReceived,
        discardedSteps: state.counters.discardedSteps
      }
      let accuracy: number | null = null
      if (mayEvaluate() && evaluator?.due()) {
        try {
          accuracy = await accuracyNow(evaluator, signal)
        } finally {
          if (!signal.aborted) emitter.emit('epoch', { ...report, accuracy })
        }
        if (!signal.aborted) evaluated(epoch, accuracy)
      } else {
        emitter.emit('epoch', { ...report, accuracy })
      }
    }
  }
}

export type Reporter = ReturnType<typeof createReporter>
