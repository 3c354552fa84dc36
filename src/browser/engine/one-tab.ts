/** One tab at a time takes part for a browser: two with one identity would contradict each other. */
import { SessionError } from './errors.js'

/** A tab that is being reloaded lets go within this time, ms. */
const HANDOVER_MS = 3000

/** @returns lets another tab in; closing this one does, too. Rejects with a {@link SessionError} when another tab has it */
export async function takeTurn(name: string): Promise<() => void> {
  let release = (): void => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  await new Promise<void>((resolve, reject) => {
    navigator.locks
      .request(`starlings ${name}`, { signal: AbortSignal.timeout(HANDOVER_MS) }, () => {
        resolve()
        return held
      })
      .catch((cause: unknown) =>
        reject(new SessionError('other-tab', 'Another tab of this browser takes part already: go on there.', { cause }))
      )
  })
  return release
}
