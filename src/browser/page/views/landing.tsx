/** Opened without an invite: what this is, and where an invite goes. */
import { Card, Heading } from '../parts/basics.js'
import { InviteForm } from '../parts/invite-form.js'
import type { App } from '../state/app.js'
import { lostInWords } from '../words/features.js'

export function LandingView({ app }: { readonly app: App }) {
  const lost = lostInWords(app.support.lost)
  return (
    <div class="narrow">
      <Heading>Learn together. Keep your data.</Heading>
      <p class="lead">
        Many devices train one model. Each one trains on its own data, and tells the others only how the model changed.
        There is no server and no account.
      </p>
      <Card title="You have an invite" id="have-invite">
        <InviteForm action="Open the invite" onInvite={text => app.open(text)} />
      </Card>
      <ul class="points">
        <li>
          <strong>Your data stays here.</strong> What leaves this device are small changes of a model, never a sample.
        </li>
        <li>
          <strong>You decide first.</strong> You see what a swarm trains and what others can see of you, and only then
          agree, or not.
        </li>
        <li>
          <strong>Stop whenever you like.</strong> Pause, come back tomorrow, or leave; the others go on.
        </li>
      </ul>
      <details>
        <summary>You have no invite</summary>
        <p>
          Somebody has to begin. On a computer with Node.js, <code>starlings swarm create digits</code> makes a swarm
          and prints its invite, as a link and as a QR code.
        </p>
      </details>
      {lost && <p class="small">{lost}</p>}
    </div>
  )
}
