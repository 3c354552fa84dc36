/** Every peer of a swarm in a small space: a number, a bar where there is room, an accuracy or why there is none. */
import type { Style } from './ansi.js'
import { type Away, awayState, type LivePeer } from './live-state.js'

/** As few letters as an accuracy has. */
const AWAY_WORDS: Readonly<Record<Away, string>> = {
  down: 'down',
  frozen: 'stuck',
  left: 'left',
  absent: 'later',
  hostile: 'foe'
}

const GAP = 3
const BAR_WIDTH = 8

/** Every peer's accuracy, row by row; with a bar where there is room; the last line tells of those without room. */
export function peerGrid(peers: readonly LivePeer[], columns: number, rows: number, style: Style): string[] {
  const digits = String(peers.reduce((most, peer) => Math.max(most, peer.peer), 0)).length
  for (const bar of [BAR_WIDTH, 0]) {
    const width = digits + 1 + (bar > 0 ? bar + 1 : 0) + 5
    const across = Math.max(1, Math.floor((columns + GAP) / (width + GAP)))
    const down = Math.ceil(peers.length / across)
    if (down > rows && bar > 0) continue
    const shown = down > rows ? Math.max(0, rows - 1) * across : peers.length
    const lines: string[] = []
    for (let i = 0; i < shown; i += across) {
      const cells = peers.slice(i, Math.min(i + across, shown)).map(peer => cell(peer, digits, bar, style))
      lines.push(cells.join(' '.repeat(GAP)))
    }
    if (shown < peers.length) lines.push(style.dim(`… and ${peers.length - shown} more peers`))
    return lines
  }
  return []
}

function cell({ peer, state, accuracy }: LivePeer, digits: number, bar: number, style: Style): string {
  const number = style.dim(String(peer).padStart(digits))
  const gone = awayState({ state })
  const text = gone !== undefined ? AWAY_WORDS[gone] : accuracy === null ? '–' : (100 * accuracy).toFixed(1)
  const figure =
    gone !== undefined
      ? (gone === 'absent' || gone === 'hostile' ? style.dim : style.red)(text.padStart(5))
      : state === 'done'
        ? style.green(text.padStart(5))
        : text.padStart(5)
  return bar === 0
    ? `${number} ${figure}`
    : `${number} ${smallBar(gone !== undefined ? 0 : (accuracy ?? 0), bar, style)} ${figure}`
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

function smallBar(part: number, width: number, style: Style): string {
  const eighths = Math.round(part * width * 8)
  const filled = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!
  return style.cyan(filled) + ' '.repeat(width - filled.length)
}
