/** The swarm, live. */
import { AccuracyCard } from '../parts/accuracy.js'
import { Card, DeviceId, Facts, Heading, Notice, ProblemNotice, SixWords } from '../parts/basics.js'
import { LeaveControl, MainControls, RulesCard } from '../parts/controls.js'
import { FlockCard } from '../parts/flock.js'
import { InviteFriendCard } from '../parts/invite-friend.js'
import type { App, Live } from '../state/app.js'
import { figuresOf } from '../words/figures.js'
import { count } from '../words/format.js'
import { statusInWords } from '../words/view.js'

export function SwarmView({ app, live }: { readonly app: App; readonly live: Live }) {
  const { session, view } = live
  const status = statusInWords(view)
  return (
    <div class="swarm">
      <section class="card status-card" aria-labelledby="name">
        <Heading>
          <span id="name">{session.preview?.manifest.name ?? 'Swarm'}</span>
        </Heading>
        {/* Fixed in height, so that a longer sentence moves nothing below it. */}
        <div class="status" role="status">
          <p class={`status-title ${status.tone}`}>{status.title}</p>
          <p class="status-detail">{status.detail}</p>
        </div>
        <Progress epoch={view.epoch} epochs={view.epochs} />
        <MainControls app={app} live={live} />
        <ProblemNotice problem={app.problem.value} />
        {view.warnings.map(warning => (
          <Notice key={warning} tone="trouble">
            <p>{warning}</p>
          </Notice>
        ))}
        {view.notes?.map(note => (
          <p key={note} class="small">
            {note}
          </p>
        ))}
      </section>
      <div class="grid">
        <AccuracyCard view={view} />
        <FlockCard view={view} />
        <div class="stack">
          <InviteFriendCard app={app} live={live} />
          <Card title="Is it the same swarm?" id="same">
            {session.preview && <SixWords words={session.preview.words} />}
            <p class="small">The same six words on two screens mean the same swarm.</p>
          </Card>
          <RulesCard app={app} />
        </div>
        <Card title="Figures" id="figures">
          <Facts rows={figuresOf(view, Date.now())} />
          <DeviceId id={session.peerId} />
        </Card>
      </div>
      <LeaveControl app={app} live={live} />
    </div>
  )
}

function Progress({ epoch, epochs }: { readonly epoch: number; readonly epochs: number | null }) {
  if (epochs === null)
    return (
      <p class="progress-label">
        Epoch <strong>{count(epoch)}</strong>
      </p>
    )
  const shown = Math.min(epoch, epochs)
  return (
    <div class="progress">
      <p class="progress-label" id="progress">
        Epoch <strong>{count(shown)}</strong> of {count(epochs)}
      </p>
      <progress max={epochs} value={shown} aria-labelledby="progress" />
    </div>
  )
}
