/** The topology file: JSON that people may write by hand, checked down to the single edge. topology/README.md. */
import * as v from 'valibot'
import { components, sortEdges } from './graph.js'
import { type Edge, MAX_EDGES, MAX_PEERS, TOPOLOGY_KINDS, type Topology, TopologyError } from './topology.js'

const whole = (min: number, max: number) =>
  v.pipe(
    v.number(`is not a number; use a whole number from ${min} to ${max}`),
    v.check(
      value => Number.isInteger(value) && value >= min && value <= max,
      issue => `is ${issue.input}; use a whole number from ${min} to ${max}`
    )
  )

const fields = v.strictObject(
  {
    topology: v.literal(1, 'is not 1, the version of the format this program reads'),
    kind: v.picklist(
      [...TOPOLOGY_KINDS, 'custom'],
      `is none of ${TOPOLOGY_KINDS.join(', ')}; use "custom" if you wrote it by hand`
    ),
    peers: whole(1, MAX_PEERS),
    seed: v.optional(whole(0, Number.MAX_SAFE_INTEGER)),
    degree: v.optional(whole(1, MAX_PEERS - 1)),
    edges: v.array(v.unknown(), 'is not a list; use pairs of peer numbers such as [[0, 1], [1, 2]]')
  },
  'is not an object such as { "topology": 1, "kind": "line", "peers": 2, "edges": [[0, 1]] }'
)

/** Members of a component that an error names. */
const NAMED_MEMBERS = 4

/**
 * A checked topology; edges may come in any order and direction and end up sorted.
 * @param fileName for messages only
 * @throws {TopologyError} with fault `file` that names the first bad place
 */
export function parseTopology(text: string, fileName: string): Topology {
  const fail = (place: string, problem: string): never => {
    throw new TopologyError(`${fileName}: ${place}${problem}`, 'file')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail('not JSON: ', `${reason}\n"starlings topology ring --peers 8" prints a file that works`)
  }
  const parsed = v.safeParse(fields, value, { abortEarly: true })
  if (!parsed.success) {
    const issue = parsed.issues[0]
    const field = v.getDotPath(issue)
    if (field === null) return fail('', issue.message)
    if (issue.type === 'strict_object' && issue.expected === 'never') {
      return fail(
        `"${field}" `,
        `is not a field of a topology; remove it (fields: ${Object.keys(fields.entries).join(', ')})`
      )
    }
    return fail(`"${field}" `, issue.received === 'undefined' ? 'is missing; add it' : issue.message)
  }
  const { peers, seed, degree, kind } = parsed.output
  const edges = checkEdges(parsed.output.edges, peers, fail)
  checkConnected(peers, edges, fail)
  return {
    topology: 1,
    kind,
    peers,
    ...(seed === undefined ? {} : { seed }),
    ...(degree === undefined ? {} : { degree }),
    edges: sortEdges(edges)
  }
}

type Fail = (place: string, problem: string) => never

function checkEdges(values: readonly unknown[], peers: number, fail: Fail): Edge[] {
  if (values.length > MAX_EDGES) fail('', `${values.length} edges; the limit is ${MAX_EDGES}`)
  const firstSeen = new Map<number, number>()
  return values.map((value, index) => {
    const place = `edge ${index + 1}, ${shown(value)}, `
    if (!isPair(value)) return fail(place, 'is not a pair of peer numbers such as [0, 1]')
    const [a, b] = value
    for (const end of value) {
      if (Number.isInteger(end) && end >= 0 && end < peers) continue
      const remedy = Number.isInteger(end) && end >= 0 && end < MAX_PEERS ? ` or set "peers" to ${end + 1}` : ''
      return fail(place, `leads to peer ${end}, but the peers are 0 to ${peers - 1}; correct it${remedy}`)
    }
    if (a === b) return fail(place, `joins peer ${a} to itself; remove it`)
    const key = Math.min(a, b) * peers + Math.max(a, b)
    const before = firstSeen.get(key)
    if (before !== undefined) {
      return fail(place, `is the same as edge ${before + 1}, ${shown(values[before])}; remove one of them`)
    }
    firstSeen.set(key, index)
    return [a, b]
  })
}

function isPair(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(end => typeof end === 'number')
}

/** At most some forty characters of a value from the file. */
function shown(value: unknown): string {
  const text = Array.isArray(value) ? `[${value.map(item => JSON.stringify(item)).join(', ')}]` : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

function checkConnected(peers: number, edges: readonly Edge[], fail: Fail): void {
  const [first, second, ...rest] = components(peers, edges)
  if (first === undefined || second === undefined) return
  const parts = rest.length === 0 ? 'two parts' : `${rest.length + 2} parts`
  fail(
    `not connected, in ${parts}: `,
    `${named(first)} cannot reach ${named(second)}\nadd an edge between them, such as [${first[0]}, ${second[0]}]`
  )
}

function named(members: readonly number[]): string {
  if (members.length === 1) return `peer ${members[0]}`
  const more = members.length - NAMED_MEMBERS
  if (more > 1) return `peers ${members.slice(0, NAMED_MEMBERS).join(', ')} and ${more} more`
  return `peers ${members.slice(0, -1).join(', ')} and ${members.at(-1)}`
}

/** The file's text: one line for all the edges that start at one peer. Equal topologies give equal text. */
export function formatTopology(topology: Topology): string {
  const head = [
    `  "topology": ${topology.topology}`,
    `  "kind": ${JSON.stringify(topology.kind)}`,
    `  "peers": ${topology.peers}`,
    ...(topology.seed === undefined ? [] : [`  "seed": ${topology.seed}`]),
    ...(topology.degree === undefined ? [] : [`  "degree": ${topology.degree}`])
  ]
  const lines: string[] = []
  let start = -1
  for (const [a, b] of sortEdges(topology.edges)) {
    if (a === start) lines[lines.length - 1] += `, [${a}, ${b}]`
    else lines.push(`    [${a}, ${b}]`)
    start = a
  }
  const edges = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`
  return `{\n${[...head, `  "edges": ${edges}`].join(',\n')}\n}\n`
}
