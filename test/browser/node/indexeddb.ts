/** In place of `fake-indexeddb/auto`: the browser has the real one. */
export {}
