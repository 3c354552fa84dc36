/** The page's entry: looks at the browser, shows the first screen, and fetches the engine behind it. */
import { render } from 'preact'
import { AppView } from './app.js'
import { createApp } from './state/app.js'
import { supportOf } from './words/features.js'

const app = createApp({
  support: supportOf(globalThis),
  loadEngine: async () => {
    const { openSession, remembered } = await import('../engine/open.js')
    return { openSession, remembered }
  },
  address: {
    fragment: () => location.hash.slice(1),
    page: () => location.href.replace(/#.*$/s, ''),
    clear: () => history.replaceState(null, '', location.pathname + location.search),
    follow: fragment => {
      // The same one again is no change that the browser tells of.
      if (location.hash === `#${fragment}`) location.reload()
      else location.hash = fragment
    }
  }
})

const root = document.getElementById('page')
if (root === null) throw new TypeError('index.html has no #page')
render(<AppView app={app} />, root)
void app.start()

// Another invite in the same tab: the page begins anew with it, and what is under way is kept.
addEventListener('hashchange', () => {
  if (location.hash.length > 1) location.reload()
})

if ('serviceWorker' in navigator && isSecureContext)
  // With a self-made certificate browsers refuse; the page works without.
  navigator.serviceWorker.register('./sw.js').catch(() => undefined)
