/** Opened over plain http from another machine: the browser withholds what a peer cannot do without. */
import { Card, Heading, Notice, SixWords } from '../parts/basics.js'
import type { App } from '../state/app.js'

export function InsecureView({ app }: { readonly app: App }) {
  const { host, port, pathname, hash } = location
  const words = app.words.value
  return (
    <div class="narrow">
      <Heading>You cannot take part from this address</Heading>
      <p class="lead">
        The page came over plain <code>http</code> from <code>{host}</code>. Browsers give such a page less, and what is
        missing is what a peer needs.
      </p>
      <Card title="What is missing here" id="missing">
        <ul class="plain">
          <li>
            <strong>Cryptography.</strong> Without it the page can neither sign what it sends nor open an encrypted
            connection, so it does not connect at all.
          </li>
          <li>
            <strong>Service worker.</strong> The page could not open without a network, nor be installed.
          </li>
          <li>
            <strong>Wake lock.</strong> The screen could not be kept on while it trains.
          </li>
        </ul>
      </Card>
      <Card title="What you can do" id="remedy">
        <ul class="plain">
          <li>
            <strong>Open it over https.</strong> Whoever serves the page can start <code>starlings serve --https</code>.
            Then <a href={`https://${host}${pathname}${hash}`}>this address over https</a> works. Your browser will warn
            once that it does not know the certificate; compare the fingerprint with the one on the other screen.
          </li>
          <li>
            <strong>Open it on that machine itself</strong>, as{' '}
            <code>
              http://localhost{port && `:${port}`}
              {pathname}
            </code>
            .
          </li>
          <li>
            <strong>Open it from an https web host.</strong> The page is a folder of files that any of them can serve.
          </li>
        </ul>
      </Card>
      {words && (
        <Notice title="The invite itself can be read. It is to the swarm">
          <SixWords words={words} />
        </Notice>
      )}
      <p class="small">Nothing was sent to anybody, and nothing was kept.</p>
    </div>
  )
}
