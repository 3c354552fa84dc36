/** Nothing could be opened; says why, and takes another invite. */
import { Card, Heading, ProblemNotice } from '../parts/basics.js'
import { InviteForm } from '../parts/invite-form.js'
import type { App } from '../state/app.js'
import type { Problem } from '../words/errors.js'

export function FailedView({ app, problem }: { readonly app: App; readonly problem: Problem }) {
  return (
    <div class="narrow">
      <Heading>That did not work</Heading>
      <ProblemNotice problem={problem} />
      <Card title="Another invite" id="another">
        <InviteForm action="Open the invite" onInvite={text => app.open(text)} />
      </Card>
      <div class="actions">
        <button type="button" class="quiet" onClick={() => location.reload()}>
          Try again
        </button>
        <button type="button" class="quiet" onClick={() => void app.home()}>
          To the start
        </button>
      </div>
    </div>
  )
}
