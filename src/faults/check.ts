/** Whether a fault file fits the peers it is for. */
import { type Faults, FaultsError, placeOf } from './faults.js'

/** @throws {FaultsError} for a number that no peer has, for groups that overlap, for pairs that are no link */
export function checkNumbers(faults: Faults, peers: number, edges: readonly (readonly [number, number])[]): void {
  const fail = (path: readonly (string | number)[], problem: string): never => {
    throw new FaultsError(`${placeOf(path)} ${problem}`)
  }
  const check = (path: readonly (string | number)[], numbers: readonly number[]) => {
    for (const peer of numbers)
      if (peer >= peers) fail(path, `names peer ${peer}, but the peers are 0 to ${peers - 1}; correct it`)
  }
  const checkSelection = (path: readonly (string | number)[], selection: unknown) => {
    if (Array.isArray(selection)) check(path, selection)
  }
  const keyOf = (a: number, b: number) => Math.min(a, b) * peers + Math.max(a, b)
  let links: ReadonlySet<number> | undefined
  const linked = (a: number, b: number): boolean => {
    links ??= new Set(edges.map(([from, to]) => keyOf(from, to)))
    return links.has(keyOf(a, b))
  }
  faults.links?.forEach(({ between }, i) => {
    const path = ['links', i, 'between']
    if (Array.isArray(between)) {
      for (const [a, b] of between) {
        check(path, [a, b])
        if (a === b) fail(path, `joins peer ${a} to itself; correct it`)
        if (!linked(a, b)) fail(path, `names [${a},${b}], which is no link of this topology; correct it`)
      }
    } else if (typeof between === 'object' && 'of' in between) checkSelection([...path, 'of'], between.of)
  })
  for (const list of ['peers', 'disks'] as const)
    faults[list]?.forEach(({ peers: selection }, i) => {
      checkSelection([list, i, 'peers'], selection)
    })
  faults.events?.forEach((event, i) => {
    if (event.do !== 'partition') {
      checkSelection(['events', i, 'peers'], event.peers)
      return
    }
    const path = ['events', i, 'groups']
    if (typeof event.groups === 'number') {
      if (event.groups > peers) fail(path, `is ${event.groups}, but there are only ${peers} peers; use fewer`)
      return
    }
    const members = event.groups.flat()
    check(path, members)
    const twice = members.find((peer, j) => members.indexOf(peer) !== j)
    if (twice !== undefined) fail(path, `have peer ${twice} twice; correct it`)
  })
}
