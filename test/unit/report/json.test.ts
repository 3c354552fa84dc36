import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { createJsonLines, type EpochRecord } from '#src/node/json.js'

const record = (peer: number): EpochRecord => ({
  type: 'epoch',
  peer,
  epoch: 3,
  next: 4,
  loss: null,
  accuracy: 0.5,
  updates: 16,
  closedBy: 'quorum',
  durationMs: 12,
  payloadBytesReceived: 1000,
  discardedSteps: 0
})

function brokenAfter(writes: number, code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(writes-- > 0 ? null : Object.assign(new Error(code), { code }))
    }
  })
}

describe('report: JSON lines', () => {
  it('puts one object on each line, whole, in order', async () => {
    const output = new PassThrough({ highWaterMark: 64 })
    const lines = createJsonLines(output)
    const received: Buffer[] = []
    for (let peer = 0; peer < 100; peer++) lines.write(record(peer))
    output.on('data', (chunk: Buffer) => received.push(chunk))
    await lines.end()
    const parsed = Buffer.concat(received)
      .toString()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
    assert.deepEqual(
      parsed,
      Array.from({ length: 100 }, (_, peer) => record(peer))
    )
  })

  it('ends quietly, once, when the reader goes away', async () => {
    let closed = 0
    const output = brokenAfter(2, 'EPIPE')
    const lines = createJsonLines(output, () => closed++)
    // events.once would reject at the error
    const gone = new Promise(resolve => output.on('close', resolve))
    for (let peer = 0; peer < 10; peer++) lines.write(record(peer))
    await gone
    lines.write(record(11))
    await lines.end()
    assert.equal(closed, 1)
  })

  it('does not hide other errors', () => {
    const output = new PassThrough()
    createJsonLines(output)
    assert.throws(
      () => output.emit('error', Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
      /no space left/
    )
  })
})
