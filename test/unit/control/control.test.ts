import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askNode, type Control, createControl, isNobody } from '#src/node/control/index.js'
import { MAX_REQUEST_BYTES } from '#src/node/control/messages.js'
import { controlPlace } from '#src/node/control/place.js'
import { takeLock } from '#src/node/store/lock.js'

/** What the node says to a line of anybody's. */
function say(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(line))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

describe('the control socket', () => {
  let home: string
  let control: Control | undefined
  const folders: string[] = []
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'starlings-control-'))
    folders.push(home)
  })
  afterEach(async () => {
    await control?.close()
    control = undefined
  })
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  it('answers what is asked, tells what a handler throws, and is for its owner only', async () => {
    control = await createControl(home, {
      status: () => ({ epoch: 7 }),
      invite: ({ page }) => ({ link: `${page}#text` }),
      pause: async () => {
        throw new RangeError('not now')
      }
    })
    assert.deepEqual(await askNode(home, { ask: 'status' }), { epoch: 7 })
    assert.deepEqual(await askNode(home, { ask: 'invite', page: 'https://a.example' }), {
      link: 'https://a.example#text'
    })
    await assert.rejects(askNode(home, { ask: 'pause' }), { name: 'InputError', message: /: not now$/ })
    await assert.rejects(askNode(home, { ask: 'resume' }), { message: /cannot be asked for: resume/ })
    assert.equal(statSync(control.path).mode & 0o777, 0o600)
  })

  it('does not wait for a frozen node once the asker has been interrupted', async () => {
    control = await createControl(home, { status: () => new Promise(() => {}) })
    const interrupt = new AbortController()
    const asking = askNode(home, { ask: 'status' }, interrupt.signal)
    interrupt.abort()
    await assert.rejects(asking, { name: 'Interrupted' })
    await assert.rejects(askNode(home, { ask: 'status' }, interrupt.signal), { name: 'Interrupted' })
  })

  it('closes although somebody does not read its answer', async () => {
    // More than the buffers of a socket.
    control = await createControl(home, { status: () => 'x'.repeat(64 * 2 ** 20) })
    const socket = connect(control.path, () => socket.write('{"ask":"status"}\n'))
    await once(socket, 'readable')
    await control.close()
    socket.destroy()
  })

  it('says of a home that is in use, where nobody answers yet, that its node is starting', async () => {
    await assert.rejects(askNode(home, { ask: 'status' }), error => isNobody(error))
    const lock = await takeLock(join(home, 'lock'))
    try {
      await assert.rejects(askNode(home, { ask: 'status' }), error => {
        assert.match(String(error), /is still starting, .*; try again in a moment$/)
        return !isNobody(error)
      })
    } finally {
      await lock.release()
    }
    await assert.rejects(askNode(home, { ask: 'status' }), /no node runs with --home/)
  })

  it('takes the place of a socket that a killed process left, and takes its own away', async () => {
    const before = await createControl(home, { status: () => 'before' })
    control = await createControl(home, { status: () => 'now' })
    assert.equal(await askNode(home, { ask: 'status' }), 'now')
    await before.close()
    await control.close()
    await control.close()
    await assert.rejects(askNode(home, { ask: 'status' }), {
      name: 'InputError',
      message: /^no node runs with --home .*; start it with: starlings node --home /
    })
  })

  it('answers rubbish with an error, and lives on', async () => {
    control = await createControl(home, { status: () => 'well' })
    for (const line of [
      '\n',
      '{"ask":"fly"}\n',
      '[]\n',
      '{"ask":"status","more":1}\n',
      `${'x'.repeat(2 * MAX_REQUEST_BYTES)}`
    ])
      assert.match(await say(control.path, line), /^\{"error":".+"\}\n$/)
    assert.equal(await askNode(home, { ask: 'status' }), 'well')
  })

  it('is not asked in a place elsewhere that somebody else made', async () => {
    const long = join(home, 'x'.repeat(100))
    const theirs = join(home, 'theirs')
    for (const folder of [long, theirs]) mkdirSync(folder)
    const { TMPDIR: before } = process.env
    process.env.TMPDIR = home
    const { path, folder = '' } = controlPlace(long)
    symlinkSync(theirs, folder)
    const server = createServer(socket => socket.end('{"answer":"theirs"}\n')).listen(path)
    try {
      await once(server, 'listening')
      await assert.rejects(askNode(long, { ask: 'status' }), {
        name: 'InputError',
        message: /belongs to somebody else/
      })
      await assert.rejects(createControl(long, {}), /belongs to somebody else/)
    } finally {
      server.close()
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })

  it('has a place elsewhere, of the user alone, where the path of the home is too long', async () => {
    const long = join(home, 'x'.repeat(100))
    mkdirSync(long)
    const { path, folder } = controlPlace(long)
    assert.ok(path.length < 100 && folder !== undefined)
    control = await createControl(long, { status: () => 'far' })
    assert.equal(await askNode(long, { ask: 'status' }), 'far')
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    chmodSync(folder, 0o700)
  })

  it('names pipes on Windows, another one for each home', () => {
    const { path } = controlPlace(home, 'win32')
    assert.match(path, /^\\\\\.\\pipe\\starlings-[0-9a-f]{16}$/)
    assert.notEqual(controlPlace(tmpdir(), 'win32').path, path)
  })

  it('says what is wrong with a home that is none', async () => {
    const file = join(home, 'file')
    writeFileSync(file, '')
    await assert.rejects(askNode(file, { ask: 'status' }), { message: /is a file; name the folder/ })
    await assert.rejects(askNode(join(home, 'none'), { ask: 'status' }), { message: /no such file or folder/ })
  })
})
