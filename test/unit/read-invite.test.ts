import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { encodeInvite } from '#src/core/wire/invite.js'
import { readPipedInvite } from '#src/node/join/read-invite.js'

const LINK =
  'starlings:AQBE65K0Y2DCKvM5VjO24wFKMK-pewIwWzhcUdP-687anAABiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1wBCATAAAIHBg-h2U-wrA'

describe('an invite by stdin', () => {
  const terminal = (isTTY: boolean) => {
    const input = Object.assign(new PassThrough(), { isTTY })
    const output = new PassThrough()
    return { input, output }
  }

  it('is all of a pipe, however a mail broke it', async () => {
    const { input, output } = terminal(false)
    for (const piece of ['> starl', 'ings:', LINK.slice(10, 50), '\n> ', `${LINK.slice(50)}\n`]) input.write(piece)
    input.end()
    const invite = await readPipedInvite('join', { input, output })
    assert.equal(encodeInvite(invite).length, 82)
    assert.equal(output.readableLength, 0, 'nobody is asked')
  })

  it('is one line that a person pastes, when there is one', async () => {
    const { input, output } = terminal(true)
    const read = readPipedInvite('join', { input, output })
    input.write(`${LINK}\n`)
    assert.equal((await read).peers.length, 1)
    assert.match(String(output.read()), /Paste the invite/)
    assert.ok(!input.writableEnded, 'the next question is answered there, too')
  })

  it('is refused in words', async () => {
    for (const [text, says] of [
      ['', /There is no invite here/],
      ['swarm.json', /This is no invite/],
      ['A'.repeat(200_000), /far longer than an invite/]
    ] as const) {
      const { input, output } = terminal(false)
      input.end(text)
      await assert.rejects(readPipedInvite('doctor', { input, output }), error => {
        assert.ok(error instanceof Error && error.name === 'UsageError')
        assert.match(error.message, says)
        assert.match(error.message, /starlings doctor --help/)
        return true
      })
    }
  })

  it('can be left out: the person gives up', async () => {
    const { input, output } = terminal(true)
    input.end()
    await assert.rejects(readPipedInvite('join', { input, output }), { name: 'Interrupted' })
  })
})
