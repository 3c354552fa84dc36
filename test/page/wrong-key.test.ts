import assert from 'node:assert/strict'
import { inviteLink, readInvite } from '#src/core/wire/invite-text.js'
import { killAll, type Running, run, startIn } from '../e2e/starlings.js'
import { brokenRules, picture } from '../support/axe.js'
import { requireStage } from '../support/require.js'
import { createStage, fragmentOf, type Stage, status, takePart } from '../support/stage.js'

describe('a page with a wrong key of a private swarm', () => {
  let stage: Stage
  let node: Running
  let good: string
  let wrong: string

  before(async function () {
    await requireStage(this)
    stage = await createStage('computer', 'phone')
    const home = `${stage.folder}/home`
    const flags = ['--private', '--forever', '--expected-peers', '2', '--pace', '0.02']
    const created = await run('swarm', 'create', 'digits', '--home', home, ...flags)
    assert.equal(created.code, 0, created.stderr)
    node = startIn(stage.machine('computer'), 'node', '--home', home)
    // What a node prints may be a log, so its invite is asked for.
    await node.line(line => line.includes('which holds the key of the swarm: '))
    const asked = await run('invite', '--home', home)
    assert.equal(asked.code, 0, asked.stderr)
    good = fragmentOf(asked.stdout.trim())
    wrong = fragmentOf(inviteLink({ ...readInvite(good), key: new Uint8Array(32).fill(1) }))
  })

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await stage.tell())
  })

  after(async () => {
    await killAll()
    await stage?.close()
  })

  it('says so, and so does the node; the right invite helps, and a wrong one no longer harms', async () => {
    const told = node.line(text => /another key of this swarm/.test(text))
    const { page, errors, close } = await stage.open('phone', wrong, { size: 'phone' })
    await page.getByText('another key than the one in this invite').waitFor({ timeout: 60_000 })
    assert.match(await told, /12D3Koo\w+ has another key of this swarm, or none/)
    await picture(page, 'real-wrong-key-phone')
    assert.deepEqual(await brokenRules(page), [])
    assert.ok(page.url().endsWith(`#${wrong}`), 'the invite is what this person has')
    await page.getByRole('textbox', { name: 'Invite' }).fill(`here it is: https://flock.example/#${good}`)
    await page.getByRole('button', { name: 'Open this one instead' }).click()
    await takePart(page)
    await status(page, /Training together/)
    // Whoever takes part is not thrown out by a link that somebody else made.
    const { url } = await stage.host('phone')
    await page.goto(`${url}#${wrong}`)
    await page.getByText('The key in this invite is not that of the swarm').waitFor({ timeout: 60_000 })
    await picture(page, 'real-wrong-key-member-phone')
    await page.getByRole('button', { name: 'To the start' }).click()
    await status(page, /Training together/)
    assert.deepEqual(errors, [])
    await close()
  })
})
