import assert from 'node:assert/strict'
import { fromHex, toHex } from '#src/core/bytes.js'
import { bindingAnswer, bindingRequest, readBindingAnswer } from '#src/net/stun.js'

/** Of RFC 5769, section 2: the transaction id of its samples. */
const ID = 'b7e7a701bc34d686fa87dfae'

describe('STUN', () => {
  it('asks, and reads the answer to its own question only', () => {
    const id = fromHex(ID)
    const answer = bindingAnswer(bindingRequest(id), { address: '192.0.2.1', port: 32853 })!
    assert.equal(readBindingAnswer(answer, id), '192.0.2.1:32853')
    assert.equal(
      readBindingAnswer(
        answer,
        id.map(byte => byte ^ 1)
      ),
      undefined
    )
    for (let bytes = 0; bytes < answer.length; bytes++)
      assert.equal(readBindingAnswer(answer.subarray(0, bytes), id), undefined)
    assert.equal(readBindingAnswer(bindingRequest(id), id), undefined)
  })

  it('tells where a request came from, as RFC 5769 has it', () => {
    const answer = bindingAnswer(fromHex(`000100002112a442${ID}`), { address: '192.0.2.1', port: 32853 })
    assert.equal(toHex(answer!), `0101000c2112a442${ID}002000080001a147e112a643`)
  })

  it('is silent about anything else', () => {
    const from = { address: '192.0.2.1', port: 1 }
    for (const request of [
      '',
      '00010000',
      `010100002112a442${ID}`, // an answer
      `000100002112a443${ID}`, // not STUN
      `000100042112a442${ID}`, // shorter than it says
      `000100002112a442${ID}00` // longer
    ])
      assert.equal(bindingAnswer(fromHex(request), from), undefined)
    assert.equal(bindingAnswer(fromHex(`000100002112a442${ID}`), { address: '::1', port: 1 }), undefined)
  })
})
