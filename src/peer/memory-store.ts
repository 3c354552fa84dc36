/** A store for peers that keep nothing: what they publish lives as long as they do. */
import type { Publication, Store } from '../interface.js'

/** Keeps the newest publication in memory; it cannot fail. */
export function memoryStore(): Store & { readonly latest: () => Publication | undefined } {
  let latest: Publication | undefined
  return {
    async commit(publication) {
      // The peer goes on with its residual, so what is kept is a copy.
      latest = { ...publication, residual: publication.residual.slice() }
    },
    latest: () => latest
  }
}
