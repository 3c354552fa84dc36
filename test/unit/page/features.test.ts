import assert from 'node:assert/strict'
import { type Surroundings, supportOf } from '#src/browser/page/words/features.js'

const full: Surroundings = {
  isSecureContext: true,
  RTCPeerConnection: class {},
  indexedDB: {},
  Worker: class {},
  DecompressionStream: class {},
  crypto: { subtle: {} },
  // What the types of Node.js do not tell.
  WebAssembly: (globalThis as unknown as Required<Pick<Surroundings, 'WebAssembly'>>).WebAssembly,
  navigator: { locks: {}, wakeLock: {}, serviceWorker: {} }
}

describe('what a browser has', () => {
  it('is enough when nothing is missing; this runtime has WebAssembly SIMD, so the probe is a valid module', () => {
    assert.deepEqual(supportOf(full), { secure: true, missing: [], lost: [] })
  })

  it('is not secure without cryptography, whatever else there is', () => {
    assert.equal(supportOf({ ...full, isSecureContext: false }).secure, false)
    assert.equal(supportOf({ ...full, crypto: {} }).secure, false)
  })

  it('names what is missing and what only is lost', () => {
    const { missing, lost } = supportOf({
      ...full,
      RTCPeerConnection: undefined,
      WebAssembly: { validate: () => false },
      navigator: { locks: {} }
    })
    assert.deepEqual(
      missing.map(what => what.split(',')[0]),
      ['WebRTC']
    )
    assert.deepEqual(
      lost.map(what => what.split(':')[0]),
      ['WebAssembly SIMD', 'wake lock', 'service workers']
    )
    assert.equal(supportOf({}).missing.length, 6)
  })
})
