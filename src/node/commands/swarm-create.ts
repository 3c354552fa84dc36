/** `starlings swarm create`: writes the manifest of a new swarm, makes its first peer ready, and invites others. */
import { toHex } from '../../core/bytes.js'
import { type Admission, type Manifest, ManifestError, parseManifest } from '../../core/protocol/manifest.js'
import { parseListenAddress } from '../../net/address.js'
import type { TableFacts } from '../../train/table.js'
import { checkAddresses } from '../cli/addresses.js'
import { InputError, printable, UsageError } from '../cli/errors.js'
import { EXPECTED_PEERS, type SwarmCreateOptions, type TaskName } from '../cli/options.js'
import { tellInvite } from '../join/tell.js'
import { wrapLine } from '../report/wrap.js'
import { Home } from '../store/home.js'
import { type Decided, decideAdmission } from '../swarm/admission.js'
import { describeSwarm } from '../swarm/describe.js'
import { paced, usualPace } from '../swarm/pace.js'
import { prepareHome } from '../swarm/prepare-home.js'
import { successor } from '../swarm/successor.js'
import { readTrained, type Trained } from '../swarm/trained.js'
import { writeNew } from '../swarm/write-manifest.js'
import { planManifest } from '../task-plan.js'

export async function swarmCreate(task: TaskName, options: SwarmCreateOptions): Promise<void> {
  if (options.data !== undefined && task !== 'table')
    throw new UsageError(`--data is for the task table here; with ${task} each node is given its own`)
  checkAddresses('--listen', options.listen ?? [], parseListenAddress, 'swarm create')
  const trained = options.from === undefined ? undefined : await readTrained(options.from)
  const plan = await planOf(task, options, trained)
  const { admission, swarmKey } = await admissionOf(options, trained)
  const manifest = withAdmission(plan.manifest, admission)
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  if (options.out !== undefined) await writeNew(options.out, text, options.force ?? false)
  else if (options.home === undefined) process.stdout.write(text)
  const { home } = options
  // What cannot be made is not told of.
  const source =
    home === undefined ? undefined : await prepareHome(home, { manifest, swarmKey, start: trained?.params }, options)
  const say = (line: string): void =>
    void process.stderr.write(`${wrapLine(printable(line), process.stderr.columns)}\n`)
  for (const line of describeSwarm(manifest, plan.table, trained?.words)) say(line)
  if (home !== undefined && source !== undefined) tellInvite(source, { ...options, home }, say)
}

interface Plan {
  readonly manifest: Manifest
  readonly table?: TableFacts
}

async function planOf(task: TaskName, options: SwarmCreateOptions, trained: Trained | undefined): Promise<Plan> {
  if (trained !== undefined) return { manifest: successor(task, options, trained) }
  const { seed = 1, expectedPeers = EXPECTED_PEERS } = options
  const { forever, pace = usualPace(forever) } = options
  const clock = paced(pace)
  return planManifest({ ...options, seed, expectedPeers, task, clock, ...(forever ? { epochs: null } : {}) })
}

/** A list names the own peer, so that gets its key before there is a manifest. */
async function admissionOf(options: SwarmCreateOptions, trained: Trained | undefined): Promise<Decided> {
  const before = trained && { admission: trained.manifest.admission, swarmKey: trained.home?.swarmKey }
  const decided = await decideAdmission(options, before)
  if (options.home === undefined || decided.admission.rule !== 'list') return decided
  // Those who were on the list before know the maker by its id, and it is on it.
  const like = before?.admission.rule === 'list' ? trained?.home?.path : undefined
  const { publicKey } = await Home.identity(options.home, like)
  return decideAdmission(options, before, toHex(publicKey.raw))
}

function withAdmission(manifest: Manifest, admission: Admission): Manifest {
  try {
    return parseManifest({ ...manifest, admission })
  } catch (cause) {
    if (cause instanceof ManifestError) throw new InputError(`a manifest cannot hold it: ${cause.message}`, { cause })
    throw cause
  }
}
