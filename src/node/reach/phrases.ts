/** Turns of phrase of `starlings doctor`. */

/** @returns `a, b and c` */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** A peer id that a person can tell from others. */
export function short(peer: string): string {
  return peer.length > 20 ? `${peer.slice(0, 8)}…${peer.slice(-8)}` : peer
}
