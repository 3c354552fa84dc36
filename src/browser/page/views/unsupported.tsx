/** The browser lacks something that a peer cannot do without. */
import { Card, Heading } from '../parts/basics.js'
import type { App } from '../state/app.js'
import { TESTED } from '../words/features.js'

export function UnsupportedView({ app }: { readonly app: App }) {
  return (
    <div class="narrow">
      <Heading>This browser cannot take part</Heading>
      <p class="lead">It lacks what the page needs. A current Chromium, Chrome, Edge or Brave has all of it.</p>
      <Card title="What is missing" id="missing">
        <ul class="plain">
          {app.support.missing.map(what => (
            <li key={what}>{what}</li>
          ))}
        </ul>
      </Card>
      <p>
        In a private window some browsers withhold these; a normal window may have them. On a computer,{' '}
        <code>starlings join</code> takes the same invite without a browser.
      </p>
      <p class="small">{TESTED}</p>
    </div>
  )
}
