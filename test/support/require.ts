/** What tests of pages on networks of their own need; without it they are skipped, and say why. */
import { chromiumUnavailable } from './chromium.js'
import { netnsUnavailable } from './netns.js'

/** As the first thing of a `before` hook. */
export async function requireStage(context: Mocha.Context): Promise<void> {
  const reason = netnsUnavailable() ?? (await chromiumUnavailable())
  if (reason === undefined) return
  console.log(`      skipped: ${reason}`)
  context.skip()
}
