/** Serving the page on this machine's network: where its certificate lies, and under which addresses it is found. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { lanAddresses, type Place, placesOf } from './addresses.js'
import { type Certificate, keptCertificate } from './certificate.js'
import { type PageServer, startPageServer } from './server.js'
import { certificateInWords, placesInWords, plainInWords } from './words.js'

/** Of those who serve without a home. */
const FOLDER = '.starlings'
const FILE = 'page.pem'

export interface ServedPageInit {
  readonly host: string
  readonly port: number
  readonly https: boolean
  /** Folder of a node: the certificate is kept there. @default ~/.starlings */
  readonly home?: string | undefined
}

export interface ServedPage {
  /** Never empty; this machine's own first. */
  readonly places: readonly Place[]
  /** The address to give to others, where the page has its full means; without https there is none but this machine's. */
  readonly best: string
  /** What the person who serves should know, in paragraphs. */
  readonly words: readonly (readonly string[])[]
  /** Twice is fine. */
  stop(): Promise<void>
}

/** @throws {InputError} when there is no page, no certificate, or the address cannot be listened on */
export async function servePage({ host, port, https, home }: ServedPageInit): Promise<ServedPage> {
  const file = join(home ?? join(homedir(), FOLDER), FILE)
  const lan = lanAddresses()
  const certificate: Certificate | undefined = https
    ? await keptCertificate(file, certifiedHosts(host, lan), new Date())
    : undefined
  const server: PageServer = await startPageServer({ host, port, ...(certificate ? { tls: certificate } : {}) })
  const places = placesOf(host, server.port, https, lan)
  const told = certificate ? certificateInWords(certificate, file) : plainInWords(places)
  return {
    places,
    best:
      (
        places.find(place => place.full && place.who === 'your network') ??
        places.find(place => place.full) ??
        places[0]
      )?.url ?? server.url,
    words: [placesInWords(places), told].filter(lines => lines.length > 0),
    stop: () => server.stop()
  }
}

/** Wildcards are no names; what they stand for are. */
function certifiedHosts(host: string, lan: readonly string[]): string[] {
  const own = host === '0.0.0.0' || host === '::' ? lan : [host]
  return ['localhost', '127.0.0.1', '::1', ...own]
}
