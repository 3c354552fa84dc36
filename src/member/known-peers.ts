/** Keeps the address book of a peer's neighbourhood on disk, so that it finds its swarm again by itself. */
import type { Clock } from '../interface.js'
import type { Neighbourhood } from '../net/neighbourhood.js'

/** Where the address book lies; a `Home` is one. */
export interface KnownPeersPlace {
  /** @returns undefined when there is none */
  readPeers(): Promise<Uint8Array | undefined>
  /** All or nothing. */
  writePeers(bytes: Uint8Array): Promise<void>
}

/** Between looks whether anything is new, ms: the book is worth little and is written while others train. */
const SAVE_MS = 60_000

export interface KnownPeers {
  /** One line for the user, when the book could not be read. */
  readonly warning: string | undefined
  /** Writes the book if it tells of others than when it was last written. For who may be gone without a word, as a page is. */
  save(): Promise<void>
  /** Writes the book a last time. */
  stop(): Promise<void>
}

/** Reads the book into the neighbourhood, and writes it from time to time. A disk that fails loses what others tell again. */
export async function keepKnownPeers(
  neighbourhood: Pick<Neighbourhood, 'met' | 'restore' | 'snapshot'>,
  place: KnownPeersPlace,
  clock: Clock
): Promise<KnownPeers> {
  let written = ''
  let warning: string | undefined
  try {
    const bytes = await place.readPeers()
    if (bytes !== undefined) await neighbourhood.restore(bytes)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    warning = `the list of known peers cannot be read and is left out: ${why}; it is made anew of whom this peer meets`
  }
  async function save(): Promise<void> {
    const who = neighbourhood.met().join()
    if (who === written || who === '') return
    try {
      await place.writePeers(neighbourhood.snapshot())
      written = who
    } catch {
      // The next time may do: the journal has told of the disk already.
    }
  }
  /** One after the other: two at once would write to the same file. */
  let saved = Promise.resolve()
  function saveSoon(): Promise<void> {
    saved = saved.then(save)
    return saved
  }
  let cancel = clock.after(SAVE_MS, function again() {
    cancel = clock.after(SAVE_MS, again)
    void saveSoon()
  })
  return {
    warning,
    save,
    async stop() {
      cancel()
      await saved
      written = ''
      await saveSoon()
    }
  }
}
