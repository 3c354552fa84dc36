/** Reads a QR code with the camera, where the browser can do that by itself. Nothing is recorded or sent. */
import { useEffect, useRef, useState } from 'preact/hooks'

/** The Shape Detection API, which TypeScript's DOM does not know yet. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>
}
interface DetectorClass {
  new (options: { readonly formats: readonly string[] }): Detector
  getSupportedFormats(): Promise<readonly string[]>
}

const FORMAT = 'qr_code'

function detectorClass(): DetectorClass | undefined {
  return 'BarcodeDetector' in globalThis
    ? (globalThis as unknown as { readonly BarcodeDetector: DetectorClass }).BarcodeDetector
    : undefined
}

/** Whether this browser reads QR codes: some have the class, and no format that it knows. */
export async function canScan(): Promise<boolean> {
  const formats = await detectorClass()
    ?.getSupportedFormats()
    .catch((): readonly string[] => [])
  return formats?.includes(FORMAT) === true && navigator.mediaDevices !== undefined
}

interface ScannerProps {
  readonly onText: (text: string) => void
  readonly onClose: () => void
}

export function Scanner({ onText, onClose }: ScannerProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const [refused, setRefused] = useState(false)
  // Whoever shows this draws itself anew twice a second, with another function each time; the camera starts once.
  const newest = useRef(onText)
  newest.current = onText
  useEffect(() => {
    dialog.current?.showModal()
    const controller = new AbortController()
    const { signal } = controller
    scan(video.current, signal).then(
      text => text !== undefined && newest.current(text),
      () => signal.aborted || setRefused(true)
    )
    return () => controller.abort()
  }, [])
  return (
    <dialog ref={dialog} class="scanner" aria-label="Scan a QR code" onClose={onClose}>
      {refused ? (
        <p role="alert">The camera cannot be used here. Your phone’s own camera app reads the code, too.</p>
      ) : (
        <video ref={video} playsInline muted />
      )}
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  )
}

/** @returns what the first code says; undefined when it was given up */
async function scan(video: HTMLVideoElement | null, signal: AbortSignal): Promise<string | undefined> {
  const Detector = detectorClass()
  if (video === null || Detector === undefined) throw new TypeError('no camera or no detector')
  const detector = new Detector({ formats: [FORMAT] })
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop()
  }
  try {
    video.srcObject = stream
    await video.play()
    while (!signal.aborted) {
      const [found] = await detector.detect(video)
      if (found !== undefined && !signal.aborted) return found.rawValue
      await new Promise(resolve => requestAnimationFrame(resolve))
    }
    return undefined
  } finally {
    stop()
  }
}
