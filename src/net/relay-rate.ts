/**
 * How many bytes a second a relay carries for others. What is above it waits, as on a slow line: nobody is cut off. The
 * first bytes of each circuit, in which two others find a way of their own, have a share that those who send much cannot
 * take.
 */
import type { Stream } from '@libp2p/interface'
import type { Clock } from '../interface.js'

/** Of a circuit, in each direction: WebRTC's offers take 10 KB. */
const INTRODUCTION_BYTES = 2 ** 15
/** Of all bytes a second. */
const INTRODUCTION_SHARE = 1 / 8
/** Carried at once after a silence, seconds' worth. */
const BURST_S = 0.25
/** What one sender may have on the way to a relay that made it wait; libp2p's own grows to 16 MB. */
const WINDOW_BYTES = 2 ** 18

export interface RelayRate {
  /** Counts what arrives on one direction of a circuit, and makes its sender wait when that is too much. */
  keep(stream: Stream): void
}

/** @param bytesPerSecond both directions of all circuits together */
export function createRelayRate(bytesPerSecond: number, clock: Clock): RelayRate {
  const introductions = createLine(bytesPerSecond * INTRODUCTION_SHARE)
  const rest = createLine(bytesPerSecond * (1 - INTRODUCTION_SHARE))

  return {
    keep(stream) {
      let carried = 0
      let cancel = (): void => undefined
      // Its message events would be lost on whoever reads next, so bytes are counted where they come in.
      const onData: unknown = Reflect.get(stream, 'onData')
      if (typeof onData !== 'function') throw new TypeError('the streams of this muxer cannot be paced')
      if (Reflect.has(stream, 'maxStreamWindowSize')) Reflect.set(stream, 'maxStreamWindowSize', WINDOW_BYTES)
      Reflect.set(stream, 'onData', (data: { readonly byteLength: number }): void => {
        const bytes = data.byteLength
        const first = Math.min(bytes, Math.max(0, INTRODUCTION_BYTES - carried))
        carried += bytes
        onData.call(stream, data)
        const now = clock.now()
        const waitMs = Math.max(
          first > 0 ? introductions.add(first, now) : 0,
          bytes > first ? rest.add(bytes - first, now) : 0
        )
        if (waitMs <= 0 || !isReadable(stream)) return
        stream.pause()
        cancel()
        cancel = clock.after(waitMs, () => {
          if (isReadable(stream)) stream.resume()
        })
      })
      stream.addEventListener('close', () => cancel(), { once: true })
    }
  }
}

interface Line {
  /** @returns ms until these bytes would have passed */
  add(bytes: number, now: number): number
}

function createLine(bytesPerSecond: number): Line {
  const burst = bytesPerSecond * BURST_S
  let owed = -burst
  let last: number | undefined
  return {
    add(bytes, now) {
      owed = Math.max(-burst, owed - ((now - (last ?? now)) * bytesPerSecond) / 1000) + bytes
      last = now
      return (owed / bytesPerSecond) * 1000
    }
  }
}

/** Pausing a stream that closed throws. */
function isReadable({ readStatus }: Stream): boolean {
  return readStatus === 'readable' || readStatus === 'paused'
}
