/** A warning before the person agrees: the browser may not have the room that the swarm may take. */
import { useEffect, useState } from 'preact/hooks'
import type { Manifest } from '../../../core/protocol/manifest.js'
import { roomProblem } from '../words/room.js'
import { Notice } from './basics.js'

/** Nothing where there is room, and where the browser does not tell. */
export function RoomNotice({ manifest }: { readonly manifest: Manifest }) {
  const [freeBytes, setFreeBytes] = useState(Number.POSITIVE_INFINITY)
  useEffect(() => {
    let current = true
    void freeRoom().then(free => current && setFreeBytes(free))
    return () => {
      current = false
    }
  }, [])
  const problem = roomProblem(manifest, freeBytes)
  return (
    problem && (
      <Notice tone="trouble" title="Room may run out" urgent>
        <p>{problem}</p>
      </Notice>
    )
  )
}

/** Bytes that the browser still gives this page; infinite where it does not tell. */
async function freeRoom(): Promise<number> {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {}
  return quota === undefined ? Number.POSITIVE_INFINITY : Math.max(0, quota - (usage ?? 0))
}
