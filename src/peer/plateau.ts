/**
 * The stop rule "plateau": when the shared model has not got better for long, training it further wastes everybody's power. Each
 * peer decides for itself, by what it measures on what it holds out, and changes its mind when the model does. PROTOCOL.md, S2.
 */

export interface PlateauRule {
  /** Epochs without a gain after which a peer rests. */
  readonly epochs: number
  /** What counts as one: accuracy, 0 … 1, above the best so far; 0: anything. */
  readonly minGain: number
}

export interface Plateau {
  /**
   * Takes in an evaluation of the shared params as they were when `epoch` closed; those of earlier epochs than the last one are
   * left out. @returns whether to rest from now on
   */
  note(epoch: number, accuracy: number): boolean
  /** The same where the clock stands still, so that what is worse now than it was stays worse. */
  noteStill(accuracy: number): boolean
}

/** Which evaluations came is all that it depends on. */
export function createPlateau({ epochs, minGain }: PlateauRule): Plateau {
  let best = Number.NEGATIVE_INFINITY
  /** Epoch of the last gain, or of the last change of mind. */
  let gainedAt = 0
  let seen = -1
  /** The newest evaluation. */
  let last = Number.NEGATIVE_INFINITY
  let resting = false
  /** Since when the model is worse than it was, while this peer rests; null: it is not. */
  let worseSince: number | null = null

  const isGain = (accuracy: number) => accuracy > best && accuracy - best >= minGain

  function begin(epoch: number, accuracy: number): void {
    best = accuracy
    gainedAt = epoch
    resting = false
    worseSince = null
  }

  return {
    note(epoch, accuracy) {
      if (epoch <= seen) return resting
      seen = epoch
      last = accuracy
      if (isGain(accuracy)) begin(epoch, accuracy)
      else if (!resting) resting = epoch - gainedAt >= epochs
      else if (best - accuracy <= minGain) worseSince = null
      else {
        worseSince ??= epoch
        // Others train on something that makes it worse here, and that does not pass: this peer's samples are needed again.
        if (epoch - worseSince >= epochs) begin(epoch, accuracy)
      }
      return resting
    },
    noteStill(accuracy) {
      if (isGain(accuracy) || last - accuracy > minGain) begin(Math.max(seen, 0), accuracy)
      last = accuracy
      return resting
    }
  }
}
