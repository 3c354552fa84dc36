/** `starlings serve`: the page, from this machine. */
import { once } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { listenForInterrupts } from '../cli/interrupt.js'
import type { ServeOptions } from '../cli/options.js'
import { lanAddresses, placesOf } from '../serve/addresses.js'
import { type Certificate, keptCertificate } from '../serve/certificate.js'
import { startPageServer } from '../serve/server.js'
import { certificateInWords, placesInWords, plainInWords } from '../serve/words.js'

/** Of those who serve without a home. */
const FOLDER = '.starlings'
const FILE = 'page.pem'

export async function serve(options: ServeOptions): Promise<void> {
  const { host, https = false } = options
  const file = join(options.home ?? join(homedir(), FOLDER), FILE)
  const lan = lanAddresses()
  const certificate: Certificate | undefined = https
    ? await keptCertificate(file, certifiedHosts(host, lan), new Date())
    : undefined
  const interrupts = listenForInterrupts()
  const server = await startPageServer({ host, port: options.port, ...(certificate ? { tls: certificate } : {}) })
  try {
    const places = placesOf(host, server.port, https, lan)
    say(placesInWords(places))
    if (certificate) say(certificateInWords(certificate, file))
    else say(plainInWords(places))
    say(['Ctrl-C ends it.'])
    if (!interrupts.signal.aborted) await once(interrupts.signal, 'abort')
  } finally {
    await server.stop()
    interrupts.release()
  }
}

/** Wildcards are no names; what they stand for are. */
function certifiedHosts(host: string, lan: readonly string[]): string[] {
  const own = host === '0.0.0.0' || host === '::' ? lan : [host]
  return ['localhost', '127.0.0.1', '::1', ...own]
}

function say(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n\n`)
}
