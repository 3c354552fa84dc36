/** Memory that does not follow identities and addresses, of which anybody can make any number. */

/** Sets an entry of a map from the oldest to the newest, which has at most `max`: it is the newest now, and the oldest goes. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > max && !oldest.done) map.delete(oldest.value)
}
