/** After leaving. */
import { Heading } from '../parts/basics.js'
import type { App } from '../state/app.js'

export function LeftView({ app }: { readonly app: App }) {
  return (
    <div class="narrow">
      <Heading>You left the swarm</Heading>
      <p class="lead">The others know, and go on without you. What this browser kept of the swarm is deleted.</p>
      <p>What your device contributed while it took part stays in the shared model; nobody can take that out again.</p>
      <div class="actions">
        <button type="button" onClick={() => void app.home()}>
          To the start
        </button>
      </div>
    </div>
  )
}
