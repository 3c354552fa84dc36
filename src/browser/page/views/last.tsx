/** The page opened, but the session did not: how things stood when it was last seen. */

import type { Remembered } from '../../engine/session.js'
import { AccuracyCard } from '../parts/accuracy.js'
import { Facts, Heading, ProblemNotice } from '../parts/basics.js'
import type { Problem } from '../words/errors.js'
import { ago, bytes, count, plural } from '../words/format.js'

export function LastView({ last, problem }: { readonly last: Remembered; readonly problem: Problem }) {
  const { view } = last
  return (
    <div class="narrow">
      <Heading>{last.name}</Heading>
      <p class="lead">This is how things stood {ago(Date.now() - last.lastSeen.getTime())}.</p>
      <ProblemNotice problem={problem} />
      <AccuracyCard view={view} />
      <Facts
        rows={[
          ['Epoch', view.epochs === null ? count(view.epoch) : `${count(view.epoch)} of ${count(view.epochs)}`],
          ['Your data', plural(view.samples, 'sample')],
          ['Sent', bytes(view.bytesSent)],
          ['Received', bytes(view.bytesReceived)]
        ]}
      />
      <div class="actions">
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </div>
  )
}
