/** One screen at a time, under a header that stays. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Mark } from './parts/mark.js'
import type { App } from './state/app.js'
import type { Screen } from './state/screen.js'
import { ChooseDataView } from './views/data.js'
import { FailedView } from './views/failed.js'
import { InsecureView } from './views/insecure.js'
import { InvitationView } from './views/invitation.js'
import { LandingView } from './views/landing.js'
import { LastView } from './views/last.js'
import { LeftView } from './views/left.js'
import { OpeningView } from './views/opening.js'
import { OtherTabView } from './views/other-tab.js'
import { StrandedView } from './views/stranded.js'
import { SwarmView } from './views/swarm.js'
import { UnsupportedView } from './views/unsupported.js'
import { TESTED } from './words/features.js'

const TITLES: Readonly<Record<Screen['kind'], string>> = {
  loading: 'Starlings',
  landing: 'Starlings',
  insecure: 'Not a secure address',
  unsupported: 'This browser lacks something',
  'other-tab': 'Open in another tab',
  last: 'How things stood',
  failed: 'Not opened',
  opening: 'Opening the invite',
  invitation: 'Invitation',
  data: 'Your data',
  swarm: 'Swarm',
  stranded: 'A fresh invite is needed',
  left: 'You left'
}

export function AppView({ app }: { readonly app: App }) {
  const screen = app.screen.value
  const words = app.live.value?.session.preview?.words ?? app.words.value
  const main = useRef<HTMLElement>(null)
  const shown = useRef<Screen['kind']>('loading')
  // Before anything can be typed: an effect that runs after the paint would take the focus away from a quick hand.
  useLayoutEffect(() => {
    document.title = screen.kind === 'landing' ? 'Starlings' : `${TITLES[screen.kind]} · Starlings`
    // Screen readers and keyboards begin where the new screen does; nobody is moved by what merely changes in it.
    if (shown.current !== screen.kind && shown.current !== 'loading') {
      main.current?.querySelector('h1')?.focus()
      scrollTo({ top: 0 })
    }
    shown.current = screen.kind
  }, [screen.kind])
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <Mark />
        <span class="brand">Starlings</span>
        {words && screen.kind !== 'landing' && screen.kind !== 'invitation' && (
          <span class="top-words">{words.join(' ')}</span>
        )}
      </header>
      <main id="main" ref={main} data-screen={screen.kind}>
        <Body app={app} screen={screen} />
      </main>
      <footer class="foot">
        <p>
          Nothing is loaded from anywhere but this page’s own address and its peers. {TESTED}{' '}
          <a href="./licenses.md">Made of the work of many.</a>
        </p>
      </footer>
    </>
  )
}

function Body({ app, screen }: { readonly app: App; readonly screen: Screen }) {
  const live = app.live.value
  switch (screen.kind) {
    case 'loading':
      return null
    case 'landing':
      return <LandingView app={app} />
    case 'insecure':
      return <InsecureView app={app} />
    case 'unsupported':
      return <UnsupportedView app={app} />
    case 'other-tab':
      return <OtherTabView />
    case 'last':
      return <LastView last={screen.last} problem={screen.problem} />
    case 'failed':
      return <FailedView app={app} problem={screen.problem} />
    case 'opening':
      return <OpeningView app={app} />
    case 'left':
      return <LeftView app={app} />
    case 'stranded':
      return live && <StrandedView app={app} live={live} />
    case 'invitation':
      return live && <InvitationView app={app} live={live} />
    case 'data':
      return live && <ChooseDataView app={app} live={live} />
    case 'swarm':
      return live && <SwarmView app={app} live={live} />
  }
}
