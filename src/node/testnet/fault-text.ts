/** Faults as people read them. */
import type { FaultRecord } from '../json.js'
import { formatNumbers } from '../report/units.js'

const VERBS: Readonly<Record<Exclude<FaultRecord['fault'], 'partition' | 'heal' | 'links'>, string>> = {
  crash: 'killed',
  restart: 'started again',
  freeze: 'frozen',
  thaw: 'thawed',
  leave: 'left',
  return: 'came back',
  join: 'joined'
}

/** One line, such as `epoch 12: peer 3 killed, its disk lost`. */
export function faultText({ epoch, fault, peers = [], groups = [], disk }: FaultRecord): string {
  const at = `epoch ${epoch}:`
  if (fault === 'partition') return `${at} split ${groups.map(group => formatNumbers(group)).join(' | ')}`
  if (fault === 'heal') return `${at} split healed`
  if (fault === 'links') return `${at} rules of links changed`
  const lost = disk === 'lost' ? (fault === 'crash' ? ', its disk lost' : ', with an empty disk') : ''
  return `${at} ${peers.length === 1 ? 'peer' : 'peers'} ${formatNumbers(peers)} ${VERBS[fault]}${lost}`
}
