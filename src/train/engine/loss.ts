/** Softmax cross-entropy over a batch of logits, in plain JavaScript: the logits are few, a kernel call costs more. */

export interface BatchLoss {
  /** Mean over the batch. */
  readonly loss: number
  /** Samples whose largest logit is their class; of equal logits the first counts. */
  readonly correct: number
}

/**
 * @param logits row-major, labels.length × classes
 * @param gradient when given, takes d loss / d logits, same layout
 */
export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
  gradient?: Float32Array
): BatchLoss {
  const count = labels.length
  let loss = 0
  let correct = 0
  for (let i = 0; i < count; i++) {
    const row = i * classes
    const label = labels[i]!
    let best = 0
    for (let c = 1; c < classes; c++) if (logits[row + c]! > logits[row + best]!) best = c
    const largest = logits[row + best]!
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[row + c]! - largest)
    loss += Math.log(sum) + largest - logits[row + label]!
    if (best === label) correct++
    if (gradient === undefined) continue
    for (let c = 0; c < classes; c++) gradient[row + c] = Math.exp(logits[row + c]! - largest) / sum / count
    gradient[row + label]! -= 1 / count
  }
  return { loss: loss / count, correct }
}
