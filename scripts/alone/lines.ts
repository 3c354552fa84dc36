/** What the measurement of a lonely peer tells its process, and hears from it. */
export interface AloneJob {
  /** Looks for nobody; for addresses that are dead and by mDNS and DHT; and for 256 that it met before, too. */
  readonly kind: 'nothing' | 'addresses' | 'book'
  /** How long is measured, ms. */
  readonly ms: number
}

export interface AloneResult {
  /** Of one core. */
  readonly cpuPercent: number
  /** Sent at the sockets. */
  readonly bytes: number
  /** From the start of looking until the user was told; null when there was nothing to tell. */
  readonly toldSeconds: number | null
}
