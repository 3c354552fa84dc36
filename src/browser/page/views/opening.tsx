/** While the invite's peers are being tried. */
import { useEffect, useState } from 'preact/hooks'
import { Card, DeviceId, Heading, Notice, SixWords } from '../parts/basics.js'
import { InviteForm } from '../parts/invite-form.js'
import type { App } from '../state/app.js'

/** Peers that are there answer within two or three seconds. */
const SLOW_MS = 10_000

export function OpeningView({ app }: { readonly app: App }) {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [])
  const words = app.words.value
  const session = app.live.value?.session
  const warnings = app.live.value?.view.warnings ?? []
  return (
    <div class="narrow">
      <Heading>Looking for the swarm</Heading>
      <p class="lead" role="status">
        {leadFor(slow, warnings.length > 0)}
      </p>
      <div class="waiting" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      {words && (
        <Notice title="The swarm’s name in six words">
          <SixWords words={words} />
          <p>Compare them with whoever invited you. If they are the same, it is the same swarm.</p>
        </Notice>
      )}
      {warnings.map(warning => (
        <Notice key={warning} tone="trouble">
          <p>{warning}</p>
        </Notice>
      ))}
      {session && warnings.length > 0 && <DeviceId id={session.peerId} />}
      {(slow || warnings.length > 0) && (
        <Card title={warnings.length > 0 ? 'Another invite' : 'What may help'} id="help">
          {warnings.length === 0 && (
            <ul class="plain">
              <li>Is the device on that made the invite, and does its Starlings run?</li>
              <li>Is this device online? Some networks for guests keep devices apart from each other.</li>
              <li>Addresses change. Ask for a fresh invite, and open it here.</li>
            </ul>
          )}
          <InviteForm action="Open this one instead" onInvite={text => app.fresh(text)} />
        </Card>
      )}
    </div>
  )
}

function leadFor(slow: boolean, warned: boolean): string {
  if (warned) return 'This device was not let in so far. The page keeps trying.'
  return slow ? 'No peer has answered yet. The page keeps trying.' : 'All peers of the invite are being tried at once.'
}
