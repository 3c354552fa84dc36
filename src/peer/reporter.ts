/** Turns closed epochs into reports, evaluating when that is due. */
import { toFloat32 } from '../core/grid.js'
import type { Effect } from '../core/protocol/effects.js'
import { followSet } from '../core/protocol/model.js'
import type { SwarmState } from '../core/protocol/state.js'
import type { Emitter } from './emitter.js'
import { createEvaluator } from './evaluation.js'
import type { PeerComponents, PeerEvents, PeerInit } from './events.js'

export function createReporter(
  state: SwarmState,
  { trainer, clock }: PeerComponents,
  init: PeerInit,
  emitter: Emitter<PeerEvents>
) {
  const evaluator =
    trainer === undefined || trainer.testSamples === 0
      ? undefined
      : createEvaluator(trainer, {
          samples: init.evaluationSamples ?? 256,
          share: init.evaluationShare ?? 0.1,
          now: () => clock.now()
        })
  return {
    async closed(effect: Effect & { type: 'closed' }, signal: AbortSignal): Promise<void> {
      const { epoch, closedBy, updates, expected, durationMs } = effect
      const report = {
        epoch,
        loss: state.own.loss,
        updates,
        expected,
        closedBy,
        durationMs,
        payloadBytesReceived: state.counters.payloadBytesReceived,
        discardedSteps: state.counters.discardedSteps
      }
      let accuracy: number | null = null
      if (evaluator?.due()) {
        try {
          followSet(state.model, state.set)
          accuracy = (await evaluator.run(toFloat32(state.model.params), signal)).accuracy
        } finally {
          if (!signal.aborted) emitter.emit('epoch', { ...report, accuracy })
        }
      } else {
        emitter.emit('epoch', { ...report, accuracy })
      }
    }
  }
}

export type Reporter = ReturnType<typeof createReporter>
