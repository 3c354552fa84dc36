/** Does this browser have what the page needs? Asked of what it offers, never of its name. */
import { list } from './format.js'

/** What is looked at: `globalThis` in a page. */
export interface Surroundings {
  readonly isSecureContext?: boolean
  readonly RTCPeerConnection?: unknown
  readonly indexedDB?: unknown
  readonly Worker?: unknown
  readonly DecompressionStream?: unknown
  readonly crypto?: { readonly subtle?: unknown }
  readonly WebAssembly?: { validate(bytes: Uint8Array<ArrayBuffer>): boolean }
  readonly navigator?: { readonly locks?: unknown; readonly wakeLock?: unknown; readonly serviceWorker?: unknown }
}

export interface Support {
  /** Over https, or on the machine that serves the page. */
  readonly secure: boolean
  /** Without these the page cannot take part; each with what it is for. */
  readonly missing: readonly string[]
  /** Without these it can; each with what is lost. */
  readonly lost: readonly string[]
}

/** The smallest module with a SIMD instruction: (func (result v128) (i32x4.splat (i32.const 0))). */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 17, 11]
)

export function supportOf(here: Surroundings): Support {
  const needed: readonly (readonly [boolean, string])[] = [
    [here.RTCPeerConnection !== undefined, 'WebRTC, which connects devices directly'],
    [here.indexedDB !== undefined, 'IndexedDB, which keeps what was learnt'],
    [here.Worker !== undefined, 'workers, in which the model is trained'],
    [here.WebAssembly !== undefined, 'WebAssembly, which does the computing'],
    [here.DecompressionStream !== undefined, 'decompression, which unpacks data'],
    [here.navigator?.locks !== undefined, 'web locks, which keep two tabs from being the same peer']
  ]
  const wished: readonly (readonly [boolean, string])[] = [
    [here.WebAssembly?.validate(SIMD) === true, 'WebAssembly SIMD: training is several times slower'],
    [here.navigator?.wakeLock !== undefined, 'wake lock: the screen cannot be kept on'],
    [here.navigator?.serviceWorker !== undefined, 'service workers: the page does not open without a network']
  ]
  const absent = (of: typeof needed): string[] => of.filter(([there]) => !there).map(([, what]) => what)
  return {
    secure: here.isSecureContext === true && here.crypto?.subtle !== undefined,
    missing: absent(needed),
    lost: absent(wished)
  }
}

/** Said on every screen that talks of browsers. */
export const TESTED =
  'Tested in Chromium only, on desktop and at the size of a phone. Safari and Firefox were not tested; ' +
  'the page asks them for what it needs, and says what is missing.'

/** @param what {@link Support.lost} */
export function lostInWords(what: readonly string[]): string {
  return what.length === 0 ? '' : `This browser lacks ${list(what)}.`
}
