import assert from 'node:assert/strict'
import { chromiumUnavailable } from '../support/chromium.js'
import { runInPage } from '../support/run-in-page.js'

describe('the core in Chromium', () => {
  before(async function () {
    const reason = await chromiumUnavailable()
    if (reason === undefined) return
    console.log(`      skipped: ${reason}`)
    this.skip()
  })

  it('passes the tests that it passes in Node: codecs, frozen vectors, compression, the step', async () => {
    const { passed, failed, errors } = await runInPage('core')
    assert.deepEqual(failed, [])
    assert.deepEqual(errors, [])
    for (const part of ['vectors update.json', 'update body', 'envelope']) {
      assert.ok(
        passed.some(title => title.startsWith(part)),
        `${part} is not among ${passed.length} tests`
      )
    }
  })

  it('keeps in IndexedDB what a store has to keep', async () => {
    const { passed, failed, errors } = await runInPage('store')
    assert.deepEqual(failed, [])
    assert.deepEqual(errors, [])
    assert.ok(passed.length > 5, `${passed.length} tests`)
  })
})
