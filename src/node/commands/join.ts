/** `starlings join`: from an invite to a peer that takes part. */
import { join as joinPath } from 'node:path'
import { shortId } from '../../core/protocol/short-id.js'
import { swarmIdOf } from '../../core/protocol/swarm-id.js'
import type { Invite } from '../../core/wire/invite.js'
import { parseListenAddress } from '../../net/address.js'
import { peersOf } from '../../net/invite.js'
import { checkAddresses } from '../cli/addresses.js'
import { InputError, Interrupted, printable } from '../cli/errors.js'
import { listenForInterrupts } from '../cli/interrupt.js'
import type { JoinOptions } from '../cli/options.js'
import { aboutSwarm } from '../join/about-swarm.js'
import { askConsent } from '../join/consent.js'
import { findSwarm } from '../join/find-swarm.js'
import { readPipedInvite } from '../join/read-invite.js'
import { commandName, shellWord } from '../node-lines.js'
import { DEFAULT_LISTEN, planNode } from '../node-plan.js'
import { wrapLine } from '../report/wrap.js'
import { Home } from '../store/home.js'
import { homeForSwarm } from '../store/homes.js'
import { readHomeFile } from '../store/settings.js'
import { runPeer } from './node.js'

/** @param given undefined: from stdin */
export async function join(given: Invite | undefined, options: JoinOptions): Promise<void> {
  checkAddresses('--listen', options.listen ?? [], parseListenAddress, 'join')
  const invite = given ?? (await readPipedInvite('join'))
  const path = options.home ?? homeForSwarm(invite.swarm)
  if (options.like !== undefined) await Home.checkLike(path, options.like)
  const joined = (await rejoin(path, invite)) ?? (await joinAnew(path, invite, options))
  if (joined === undefined) return
  const { home } = joined
  try {
    const { yes: _, like: __, data, ...said } = options
    // Not in need of them once it has met somebody; until then, and where all that it met are gone, they lead in.
    const bootstrap = [...peersOf(invite).flatMap(({ addresses }) => addresses), ...(said.bootstrap ?? [])]
    const chosen = joined.data ?? data
    const plan = planNode({ ...said, bootstrap, home: path, ...(chosen !== undefined && { data: chosen }) }, home)
    await runPeer(plan, home.manifest, home)
  } finally {
    await home.close()
  }
}

interface Joined {
  readonly home: Home
  /** As it was chosen now. */
  readonly data?: string | undefined
}

function say(line: string): void {
  process.stderr.write(`${wrapLine(printable(line), process.stderr.columns)}\n`)
}

/** Who took part before goes on, and has new addresses of others. @returns undefined when the folder is new */
async function rejoin(path: string, invite: Invite): Promise<Joined | undefined> {
  const about = await readHomeFile(joinPath(path, 'home.json'))
  if (about === undefined) return undefined
  if (about.swarm !== swarmIdOf(invite.swarm))
    throw new InputError(
      `--home ${path}: belongs to the swarm ${about.swarm}, and the invite is to another one; take another folder`
    )
  say(`${path} takes part in this swarm already, and goes on with this invite's addresses`)
  return { home: await Home.open(path, { swarmKey: invite.key ?? undefined }) }
}

/** @returns undefined when the person would rather not take part */
async function joinAnew(path: string, invite: Invite, options: JoinOptions): Promise<Joined | undefined> {
  const { data, like, yes = false } = options
  const interrupts = listenForInterrupts()
  try {
    const privateKey = await Home.identity(path, like)
    const words = shortId(invite.swarm)
    say(`looking for the swarm ${words.join(' ')}`)
    const { signal } = interrupts
    const plan = { ...options, listen: options.listen ?? DEFAULT_LISTEN }
    const { manifest, start, participants, epoch } = await findSwarm({ invite, privateKey, plan, say, signal })
    for (const line of aboutSwarm({ manifest, words, participants, epoch })) say(line)
    const choice = await askConsent({ manifest, data, isPart: options.shard !== undefined, yes, say, signal })
    if (choice === undefined) {
      say('nothing was published, and this peer takes no part')
      return undefined
    }
    if (signal.aborted) throw new Interrupted()
    const home = await Home.open(path, { manifest, from: 'the invite', swarmKey: invite.key ?? undefined, start })
    say(`the peer lives in ${path}; it goes on with: ${commandName(process.env)} node --home ${shellWord(path)}`)
    if (signal.aborted) {
      await home.close()
      throw new Interrupted()
    }
    return { home, data: choice.data }
  } finally {
    interrupts.release()
  }
}
