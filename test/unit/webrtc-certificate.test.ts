import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepCertificate } from '#src/node/reach/certificate.js'
import { createRenewals, keepFresh } from '#src/node/reach/renewal.js'
import { createManualClock } from '../support/net-clock.js'

const DAY_MS = 24 * 3600 * 1000

describe('the certificate of a WebRTC-direct address', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-certificate-'))
    file = join(folder, 'webrtc.pem')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('is the same after a restart, and for its owner only', async () => {
    const now = new Date('2026-01-01T00:00:00.500Z')
    const first = await keepCertificate(file, now)
    assert.match(first.certificate.certhash, /^uEi[\w-]{44}$/)
    assert.equal(first.certificate.staleAt.toISOString(), '2026-06-30T00:00:00.000Z')
    assert.equal((await stat(file)).mode & 0o077, 0)
    const again = await keepCertificate(file, new Date(now.getTime() + 180 * DAY_MS - 1000))
    assert.deepEqual(again, first)
    assert.equal(again.warning, undefined)
  })

  it('is another one, and says so, when it is stale, when it is damaged, or when its key is of another', async () => {
    const now = new Date()
    const first = await keepCertificate(file, now)
    const renewed = await keepCertificate(file, new Date(now.getTime() + 180 * DAY_MS))
    assert.notEqual(renewed.certificate.certhash, first.certificate.certhash)
    assert.match(renewed.warning ?? '', /went stale.*fresh/)

    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 300))
    const mended = await keepCertificate(file, now)
    assert.match(mended.warning ?? '', /damaged.*fresh/)
    assert.equal((await keepCertificate(file, now)).certificate.certhash, mended.certificate.certhash)

    await writeFile(file, mended.certificate.privateKey + first.certificate.pem)
    assert.match((await keepCertificate(file, now)).warning ?? '', /damaged/)
  })

  it('is another one on the day that it goes stale, though the node runs on', async () => {
    const clock = createManualClock()
    const begun = new Date('2026-01-01T00:00:00Z')
    const wall = () => new Date(begun.getTime() + clock.now())
    const { certificate } = await keepCertificate(file, begun)
    const warned: string[] = []
    const renewed = new Promise<void>(resolve => {
      const fresh = keepFresh({
        certificate,
        kept: () => keepCertificate(file, wall()),
        renewals: {
          ...createRenewals(),
          install(next) {
            assert.equal(fresh.staleAt().getTime(), next.staleAt.getTime())
            assert.notEqual(next.certhash, certificate.certhash)
            fresh.stop()
            setImmediate(resolve)
          }
        },
        clock,
        wall,
        warn: message => warned.push(message)
      })
      clock.advance(180 * DAY_MS - 1)
      assert.equal(fresh.staleAt(), certificate.staleAt)
      clock.advance(3_600_000)
    })
    await renewed
    assert.match(warned.join(), /went stale.*fresh/)
    assert.equal(clock.pending, 0)
  })

  it('that cannot be read is no reason to make another', async function () {
    if (process.getuid?.() === 0) this.skip() // root reads everything
    await keepCertificate(file)
    await chmod(file, 0)
    await assert.rejects(keepCertificate(file), { name: 'InputError', message: /permission denied/ })
  })
})
