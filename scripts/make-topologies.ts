/** Writes topology/: the files and the table of its README. Running it again changes nothing. */
import { readFile, writeFile } from 'node:fs/promises'
import {
  createTopology,
  formatTopology,
  type Topology,
  type TopologyInit,
  type TopologyKind,
  topologyStats
} from '#src/topology/index.js'

interface Sample {
  readonly name: string
  readonly kind: TopologyKind
  readonly init: TopologyInit
  readonly goodFor: string
}

const SAMPLES: readonly Sample[] = [
  { name: 'pair-2', kind: 'line', init: { peers: 2 }, goodFor: 'the smallest swarm; a laptop and a phone' },
  { name: 'line-8', kind: 'line', init: { peers: 8 }, goodFor: 'the longest way there is; any peer inside splits it' },
  {
    name: 'ring-8',
    kind: 'ring',
    init: { peers: 8 },
    goodFor: 'every peer alike, two neighbours each; bears one loss'
  },
  { name: 'ring-16', kind: 'ring', init: { peers: 16 }, goodFor: 'slow news: shows what a method owes to its graph' },
  { name: 'star-16', kind: 'star', init: { peers: 16 }, goodFor: 'what a server would be: stop peer 0 and see' },
  { name: 'complete-8', kind: 'complete', init: { peers: 8 }, goodFor: 'a handful of peers that all know each other' },
  {
    name: 'regular-16',
    kind: 'regular',
    init: { peers: 16, degree: 4, seed: 1 },
    goodFor: 'the demo: few links, short ways, no special peer'
  },
  { name: 'torus-16', kind: 'torus', init: { peers: 16 }, goodFor: 'the same number of links, laid out like a map' },
  {
    name: 'exponential-16',
    kind: 'exponential',
    init: { peers: 16 },
    goodFor: 'fast averaging for a few more links'
  },
  {
    name: 'two-cliques-16',
    kind: 'two-cliques',
    init: { peers: 16 },
    goodFor: 'a bottleneck: cut edge 7–8 and watch a split heal'
  },
  {
    name: 'small-world-32',
    kind: 'small-world',
    init: { peers: 32, degree: 4, seed: 1 },
    goodFor: 'how people know each other: groups and a few far friends'
  },
  {
    name: 'regular-64',
    kind: 'regular',
    init: { peers: 64, degree: 4, seed: 1 },
    goodFor: 'a larger swarm on one machine'
  }
]

const FOLDER = new URL('../../../topology/', import.meta.url)
const BEGIN = '<!-- table: made by scripts/make-topologies.ts -->'
const END = '<!-- end of table -->'

const rows: string[] = []
for (const { name, kind, init, goodFor } of SAMPLES) {
  const topology = createTopology(kind, init)
  await write(`${name}.json`, formatTopology(topology))
  rows.push(row(name, topology, goodFor))
}
const readme = await readFile(new URL('README.md', FOLDER), 'utf8')
const [before, rest] = split(readme, BEGIN)
const [, after] = split(rest, END)
const table = [
  '| file | peers | links | degree | diameter | spectral gap | good for |',
  '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
  ...rows
].join('\n')
await write('README.md', `${before}${BEGIN}\n${table}\n${END}${after}`)

function row(name: string, topology: Topology, goodFor: string): string {
  const { degree, diameter, spectralGap } = topologyStats(topology)
  const degrees =
    degree.min === degree.max ? `${degree.min}` : `${degree.min}–${degree.max}, mean ${round(degree.mean)}`
  const figures = [topology.peers, topology.edges.length, degrees, diameter, spectralGap.toFixed(3)]
  return `| [${name}](${name}.json) | ${figures.join(' | ')} | ${goodFor} |`
}

/** At most two decimals. */
function round(value: number): string {
  return String(Number(value.toFixed(2)))
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  if (at < 0) throw new Error(`topology/README.md lacks the line "${mark}"`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

async function write(name: string, text: string): Promise<void> {
  const file = new URL(name, FOLDER)
  const old = await readFile(file, 'utf8').catch(() => undefined)
  if (old === text) return
  await writeFile(file, text)
  console.log(`wrote topology/${name}`)
}
