/** `starlings invite`: a fresh invite from a running node, or from what its home knows. */
import { printable } from '../cli/errors.js'
import type { InviteOptions } from '../cli/options.js'
import { askNode, isNobody } from '../control/index.js'
import { tryListening } from '../join/listening.js'
import { inviteCode, inviteLines, inviteRecord, type Presented, present } from '../join/present.js'
import { sourceOfHome } from '../join/source.js'
import { qrFor } from '../join/tell.js'
import { planNode, settingsOf } from '../node-plan.js'
import { wrapLine } from '../report/wrap.js'
import { Home } from '../store/home.js'
import { theHome } from '../store/homes.js'

export async function invite(options: InviteOptions): Promise<void> {
  const path = await theHome(options.home)
  const say = (line: string): void =>
    void process.stderr.write(`${wrapLine(printable(line), process.stderr.columns)}\n`)
  const running = await fromNode(path, options.page)
  const made = running ?? (await fromHome(path, options.page))
  if (options.json) {
    process.stdout.write(`${JSON.stringify(inviteRecord(made))}\n`)
    return
  }
  if (running === undefined)
    say('no node runs in this home now: the invite is made of what it knows, and works once one runs')
  for (const line of inviteLines(made, path)) say(line)
  const code = qrFor(options.qr, columns => inviteCode(made, columns))
  if (code !== undefined) process.stderr.write(`${code}\n`)
  process.stdout.write(`${made.link}\n`)
}

/** @returns undefined when no node runs there */
async function fromNode(path: string, page: string | undefined): Promise<Presented | undefined> {
  try {
    return (await askNode(path, { ask: 'invite', ...(page !== undefined && { page }) })) as Presented
  } catch (error) {
    if (isNobody(error)) return undefined
    throw error
  }
}

async function fromHome(path: string, page: string | undefined): Promise<Presented> {
  const home = await Home.open(path, { preparing: true })
  try {
    const plan = planNode({ linger: 0 }, home)
    const addresses = await tryListening(home, plan.listen)
    // Ports that were taken now are those that the next start takes.
    const settings = { ...home.settings, ...settingsOf(plan, addresses), ...(page !== undefined && { page }) }
    await home.remember(settings)
    return present(await sourceOfHome(home, addresses), page ?? home.settings.page)
  } finally {
    await home.close()
  }
}
