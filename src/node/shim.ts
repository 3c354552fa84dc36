/**
 * The one shim for Node 20, which of all that libp2p 3 uses lacks only `Promise.withResolvers`. Import it first in every
 * entry: main, workers and tests. On Node 22 and later it does nothing.
 */
if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', {
    configurable: true,
    writable: true,
    value: function withResolvers<T>() {
      let resolve!: (value: T | PromiseLike<T>) => void
      let reject!: (reason?: unknown) => void
      const promise = new Promise<T>((onResolve, onReject) => {
        resolve = onResolve
        reject = onReject
      })
      return { promise, resolve, reject }
    }
  })
}

export {}
