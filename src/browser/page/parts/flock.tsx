/** A picture of the peers: each a bird, lines where two are connected. The list below says the same. */
import { useRef } from 'preact/hooks'
import type { PeerView, View } from '../../engine/session.js'
import { type Place, placePeers } from '../words/places.js'
import { peerInWords, peersInWords, shortKey } from '../words/view.js'
import { Card } from './basics.js'

const WIDTH = 360
const HEIGHT = 240
/** Wings, a little lifted; drawn around 0, 0. */
const WINGS =
  'M0 -2C-3 -8 -9 -11 -16 -10C-11 -9 -7 -6 -5 -1C-4 3 -2 6 0 7C2 6 4 3 5 -1C7 -6 11 -9 16 -10C9 -11 3 -8 0 -2Z'

export function FlockCard({ view }: { readonly view: View }) {
  const others = view.peers.filter(peer => !peer.self)
  return (
    <Card title="Who is here" id="flock">
      <Picture view={view} />
      <p class="small">Green: directly connected by WebRTC. Dashed: through another peer.</p>
      <details>
        <summary>{others.length === 0 ? 'Nobody is connected' : `${others.length} connected, as a list`}</summary>
        <ul class="peers">
          {view.peers.map(peer => (
            <li key={peer.key}>{peerInWords(peer)}</li>
          ))}
        </ul>
      </details>
    </Card>
  )
}

function Picture({ view }: { readonly view: View }) {
  const known = useRef<ReadonlyMap<string, Place>>(new Map())
  const places = placePeers(view.peers, view.links, known.current, { width: WIDTH, height: HEIGHT })
  known.current = places
  const at = (key: string): Place | undefined => places.get(key)
  return (
    <svg class="flock" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={peersInWords(view)}>
      {view.links.map(([from, to]) => {
        const [a, b] = [at(from), at(to)]
        return a && b && <line class="flock-link" key={`${from} ${to}`} x1={a.x} y1={a.y} x2={b.x} y2={b.y} />
      })}
      {view.peers.map(peer => {
        const place = at(peer.key)
        return place && <Bird key={peer.key} peer={peer} place={place} />
      })}
    </svg>
  )
}

function Bird({ peer, place }: { readonly peer: PeerView; readonly place: Place }) {
  return (
    <g class={peer.self ? 'bird self' : `bird ${peer.how}`} transform={`translate(${place.x} ${place.y})`}>
      <circle r={peer.self ? 24 : 19} />
      <path d={WINGS} transform={peer.self ? 'scale(1.15)' : 'scale(0.85)'} />
      <text y={peer.self ? 40 : 34}>{peer.self ? 'You' : shortKey(peer.key)}</text>
    </g>
  )
}
