/** The whole of a page's peer as its user interface sees it: what can be shown, and what can be asked of it. */
import type { Manifest } from '../../core/protocol/manifest.js'
import type { PeerKey } from '../../interface.js'

/** What an invite leads to, before anything of the person's is used or published. */
export interface Preview {
  /** Swarm id. */
  readonly swarm: string
  /** Its short form, which two people can compare aloud. */
  readonly words: readonly string[]
  readonly manifest: Manifest
  /** As the peer estimates it that was asked; a person's word, not a proof. */
  readonly participants: number
  readonly epoch: number
  /** After this day the addresses in the invite may lead nowhere; null when there is none to tell of. */
  readonly staleAt: Date | null
}

/**
 * `connecting`: looks for a peer that knows the swarm. `choosing`: has its manifest and waits for {@link Session.begin}.
 * `starting`: reads data, loads the trainer, catches up. `settling`: the last epoch is over, sets are being compared.
 * `ended`: and are equal. `stranded`: nobody known can be dialled from a page any more; {@link Session.fresh} helps.
 */
export type Phase =
  | 'connecting'
  | 'choosing'
  | 'starting'
  | 'training'
  | 'resting'
  | 'settling'
  | 'ended'
  | 'left'
  | 'stranded'

/** Why nothing is trained for the moment. */
export type RestReason = 'asked' | 'battery' | 'data-saver' | 'metered' | 'hidden' | 'offline' | 'plateau'

/** By what a neighbour is connected; `relayed` bytes pass through a third peer. */
export type How = 'webrtc' | 'webrtc-direct' | 'websocket' | 'relayed' | 'tcp' | 'unknown'

export interface PeerView {
  readonly key: PeerKey
  /** This page. */
  readonly self: boolean
  readonly how: How
  /** The relay that brought the two together. */
  readonly introducedBy?: PeerKey
  /** Null before its first word. */
  readonly epoch: number | null
  /** Ago, ms. */
  readonly lastHeardMs: number
}

export interface Point {
  readonly epoch: number
  /** 0 … 1, on this page's held-out samples. */
  readonly accuracy: number
}

/** One look at everything; a new object each time, safe to keep. */
export interface View {
  readonly phase: Phase
  readonly resting: readonly RestReason[]
  readonly epoch: number
  /** Null when the swarm goes on until it is stopped. */
  readonly epochs: number | null
  /** Authors of recent updates. */
  readonly live: number
  /** This page first, then its neighbours. */
  readonly peers: readonly PeerView[]
  readonly links: readonly (readonly [PeerKey, PeerKey])[]
  readonly together: readonly Point[]
  /** What the same number of steps on the own data alone would have reached; empty when that was not asked for. */
  readonly alone: readonly Point[]
  /** Own training samples: the weight of the updates, which the swarm can see. */
  readonly samples: number
  readonly loss: number | null
  /** At this page's connections, since it was opened. */
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly lastUpdateAt: Date | null
  /** Null where the browser does not tell. */
  readonly battery: { readonly level: number; readonly charging: boolean } | null
  readonly saveData: boolean
  /** Null where the browser does not tell. */
  readonly metered: boolean | null
  /** The screen is kept on. */
  readonly awake: boolean
  /** Entries of the model that were trained here and not sent yet. */
  readonly residual: number
  /** A sentence each. */
  readonly warnings: readonly string[]
  /** A sentence each, about what is as it should be; absent in views that an earlier version kept. */
  readonly notes?: readonly string[]
  /** Of the shared params, as a Node peer prints it at its end: equal on peers that hold the same model. */
  readonly digest: string | null
}

/** One digit as it was drawn. */
export interface DrawnDigit {
  /** 64 pixels in rows of 8, each 0 (paper) … 16 (ink). */
  readonly pixels: Uint8Array
  /** 0 … 9 */
  readonly label: number
}

/** The bundled digits are dealt into as many parts as the testnet's. */
export const BUNDLED_PARTS = 16

/**
 * What to train on. `bundled` comes with the page (digits): all of it, or one of {@link BUNDLED_PARTS} uneven parts
 * (0 … 15), each with few of the ten digits. `none` follows, evaluates and helps, but trains nothing.
 */
export type ChosenData =
  | { readonly kind: 'bundled'; readonly part?: number }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'drawn'; readonly samples: readonly DrawnDigit[] }
  | { readonly kind: 'none' }

/** Which hints of the browser make the page rest. @default all of them */
export interface Rules {
  readonly battery: boolean
  readonly saveData: boolean
  readonly metered: boolean
}

/** An invite for somebody else, as links to the page. */
export interface FriendInvite {
  readonly link: string
  /** With fewer peers, for a QR code. */
  readonly shortLink: string
}

export interface Session {
  /** Of this device in this swarm, as libp2p writes it: what goes on a list of members. */
  readonly peerId: string
  /** Null while connecting. */
  readonly preview: Preview | null
  /** As they were set last, also in an earlier visit. */
  readonly rules: Rules
  view(): View
  /** Called with each new view, at most a few times per second. @returns ends it */
  subscribe(listener: (view: View) => void): () => void
  /**
   * The person has consented: until then nothing is published.
   * Rejects with a `DataError` that names file and place; another choice can then be made.
   * @param options.alone trains a second model on the own data only, to compare; doubles the work
   */
  begin(data: ChosenData, options: { readonly alone: boolean }): Promise<void>
  /** Rests until {@link Session.resume}, also after a reload. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** For good: what was kept of the swarm in this browser is deleted. */
  leave(): Promise<void>
  /** @returns whether the screen is now kept on */
  keepAwake(on: boolean): Promise<boolean>
  obey(rules: Rules): void
  /** @param page where the page lies @returns null when nobody is known whom a newcomer could dial */
  invite(page: string): Promise<FriendInvite | null>
  /** Takes the addresses of another invite to the same swarm. Rejects when it is to another one, or damaged. */
  fresh(invite: string): Promise<void>
}

export interface SessionInit {
  /** Link, `starlings:` URI or bare text. Absent: goes on with what the browser keeps. */
  readonly invite?: string
  /** Name of the database, for several peers in one browser. @default 'starlings' */
  readonly storage?: string
}

/** A swarm that this browser took part in, as it was last seen. */
export interface Remembered {
  readonly swarm: string
  readonly name: string
  readonly lastSeen: Date
  readonly view: View
}

/**
 * Rejects with a `SessionError`: the invite is damaged, nothing is kept to go on with, another tab has the swarm open,
 * or the browser lacks what it takes.
 */
export type OpenSession = (init: SessionInit) => Promise<Session>
