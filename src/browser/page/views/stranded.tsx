/** Nobody known can be reached any more: only a person can help, with a fresh invite. */
import { Card, Facts, Heading, Notice, SixWords } from '../parts/basics.js'
import { LeaveControl } from '../parts/controls.js'
import { InviteForm } from '../parts/invite-form.js'
import type { App, Live } from '../state/app.js'
import { count, percent } from '../words/format.js'

export function StrandedView({ app, live }: { readonly app: App; readonly live: Live }) {
  const { session, view } = live
  const now = view.together.at(-1)
  return (
    <div class="narrow">
      <Heading>A fresh invite is needed</Heading>
      <p class="lead">
        None of the peers this browser knew can be reached any more. A page can only be found with somebody’s help, so
        ask any member of the swarm for a new invite. The page keeps trying meanwhile.
      </p>
      {view.warnings.map(warning => (
        <Notice key={warning} tone="trouble">
          <p>{warning}</p>
        </Notice>
      ))}
      <Card title="Fresh invite" id="fresh">
        <InviteForm action="Go on with it" onInvite={text => app.fresh(text)} />
      </Card>
      <Card title="Nothing is lost" id="kept">
        <p>What this device learnt is kept, also what it had no chance to send yet.</p>
        <Facts
          rows={[
            ['Epoch', count(view.epoch)],
            ['Accuracy', now === undefined ? 'not measured' : percent(now.accuracy)],
            ['Not sent yet', `${count(view.residual)} entries`]
          ]}
        />
        {session.preview && <SixWords words={session.preview.words} />}
      </Card>
      <div class="actions">
        <button type="button" class="quiet" onClick={() => location.reload()}>
          Try the old addresses again
        </button>
      </div>
      <LeaveControl app={app} live={live} />
    </div>
  )
}
