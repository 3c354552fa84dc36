/** A field for an invite: pasted, typed or scanned. */
import { useEffect, useId, useState } from 'preact/hooks'
import type { Problem } from '../words/errors.js'
import { canScan, Scanner } from './scanner.js'

interface InviteFormProps {
  readonly action: string
  /** @returns why it does not work */
  readonly onInvite: (text: string) => Problem | null | Promise<Problem | null>
}

export function InviteForm({ action, onInvite }: InviteFormProps) {
  const id = useId()
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  /** Null before the browser has said whether it can. */
  const [scans, setScans] = useState<boolean | null>(null)
  const [scanning, setScanning] = useState(false)
  useEffect(() => {
    let current = true
    void canScan().then(can => current && setScans(can))
    return () => {
      current = false
    }
  }, [])
  const submit = async (value: string): Promise<void> => setProblem(await onInvite(value))
  return (
    <form
      class="invite-form"
      noValidate
      onSubmit={event => {
        event.preventDefault()
        void submit(text)
      }}
    >
      <label for={id}>Invite</label>
      <textarea
        id={id}
        rows={3}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        placeholder="Paste the link that you were sent"
        value={text}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-error`}
        onInput={event => setText(event.currentTarget.value)}
      />
      <p class="field-error" id={`${id}-error`} role="alert">
        {problem?.detail}
      </p>
      <div class="actions">
        <button type="submit">{action}</button>
        {scans && (
          <button type="button" class="quiet" onClick={() => setScanning(true)}>
            Scan a QR code
          </button>
        )}
      </div>
      {scans === false && <p class="small">Is it a QR code? This browser reads none; a phone’s camera app does.</p>}
      {scanning && (
        <Scanner
          onText={found => {
            setScanning(false)
            setText(found)
            void submit(found)
          }}
          onClose={() => setScanning(false)}
        />
      )}
    </form>
  )
}
