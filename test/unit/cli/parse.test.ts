import assert from 'node:assert/strict'
import { describeFailure, InputError, UsageError } from '#src/node/cli/errors.js'
import type { Invocation } from '#src/node/cli/options.js'
import { parseCommandLine } from '#src/node/cli/parse.js'
import { planNode, settingsOf } from '#src/node/node-plan.js'

const parse = (line: string): Invocation => parseCommandLine(line.split(' ').filter(Boolean), '1.2.3')

describe('the command line', () => {
  it('takes the flags of testnet and leaves the rest to the task', () => {
    assert.deepEqual(parse('testnet a.json --density 0.05 --value-bits 2 --epochs 3 --json'), {
      command: 'testnet',
      topology: 'a.json',
      options: {
        task: 'digits',
        partition: { kind: 'dirichlet', alpha: 0.1 },
        seed: 1,
        mode: 'sync',
        density: 0.05,
        valueBits: 2,
        epochs: 3,
        json: true
      }
    })
  })

  it('takes how many peers are drawn per epoch, or that all are', () => {
    const drawn = (text: string) => {
      const invocation = parse(`swarm create digits ${text}`)
      assert.ok(invocation.command === 'swarm create')
      return invocation.options.drawn
    }
    assert.equal(drawn('--drawn 32'), 32)
    assert.equal(drawn('--drawn all'), 'all')
    assert.equal(drawn(''), undefined)
    for (const bad of ['0', 'some', '1.5'])
      assert.throws(() => drawn(`--drawn ${bad}`), /whole number from 1 to 1000000/)
  })

  it('takes peers to have nothing to do with, or none', () => {
    const block = (text: string) => {
      const invocation = parse(`node --swarm s.json ${text}`)
      assert.ok(invocation.command === 'node')
      return invocation.options.block
    }
    const id = `12D3KooW${'a'.repeat(44)}`
    const other = `12D3KooW${'b'.repeat(44)}`
    assert.deepEqual(block(`--block ${id} --block ${other}`), [id, other])
    assert.deepEqual(block('--block none'), [])
    assert.equal(block(''), undefined)
    for (const bad of ['me', id.slice(1), `${id}a`, id.replace('b', '0').replace('a', '0')])
      assert.throws(() => block(`--block ${bad}`), /the id of a peer/)
  })

  it('takes how much is relayed, and takes back what a home remembers of it and of the router', () => {
    const node = (text: string) => {
      const invocation = parse(`node --home h ${text}`)
      assert.ok(invocation.command === 'node')
      return invocation.options
    }
    assert.deepEqual(
      ['--relay', '--relay 5', '--no-relay'].map(text => node(text).relay),
      [true, 5, false]
    )
    assert.ok(!('relay' in node('')) && !('upnp' in node('')))
    assert.ok('relay' in node('--introduce') && node('--introduce').relay === undefined)
    assert.deepEqual([node('--upnp').upnp, node('--no-upnp').upnp], [true, false])
    assert.throws(() => node('--relay 0'), /whole number from 1 to 10000/)
    assert.throws(() => node('--relay --introduce'), /cannot be used with/)
    const home = { manifestFile: '/h/manifest.json', settings: { relay: false, upnp: false } }
    const remembered = (text: string) => settingsOf(planNode(node(text), home), [])
    assert.deepEqual([remembered('').relay, remembered('').upnp], [false, false])
    assert.deepEqual([remembered('--introduce').relay, remembered('--upnp').upnp], [undefined, true])
    assert.equal(remembered('--relay 5').relay, 5)
  })

  it('takes several peers and a shard counted from one', () => {
    const invocation = parse('node --swarm s.json --peer /ip4/10.0.0.1/tcp/1 --peer /ip4/10.0.0.2/tcp/1 --shard 2/3')
    assert.ok(invocation.command === 'node')
    assert.deepEqual(invocation.options.peer, ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1'])
    assert.deepEqual(invocation.options.shard, { index: 1, count: 3 })
  })

  const link =
    'starlings:AQBE65K0Y2DCKvM5VjO24wFKMK-pewIwWzhcUdP-687anAABiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1wBCATAAAIHBg-h2U-wrA'
  const noInvites: readonly (readonly [text: string, says: RegExp])[] = [
    ['', /There is no invite here/],
    ['https://flock.example/', /lost its end/],
    ['https://flock.example/#', /lost its end/],
    [link.slice(0, -1), /A part of this invite is missing/],
    [link.slice(0, 60), /A part of this invite is missing/],
    [link.replace('Y2DC', 'Y2DD'), /garbled on its way/],
    ['please let me in!', /This is no invite/],
    ['swarm.json', /This is no invite/],
    ['A'.repeat(5000), /longer than an invite can be/]
  ]
  for (const [text, says] of noInvites) {
    it(`takes no '${text.slice(0, 30)}' for an invite`, () => {
      assert.throws(
        () => parseCommandLine(['join', text], '1.2.3'),
        error => {
          const { exitCode, text: told } = describeFailure(error, false)
          assert.equal(exitCode, 2)
          assert.match(told, says)
          assert.match(told, /\nSee: starlings join --help$/)
          return true
        }
      )
    })
  }

  it('takes an invite that comes by stdin', () => {
    const invocation = parse('join -')
    assert.ok(invocation.command === 'join' && invocation.invite === undefined)
  })

  it('takes an invite as a mail program left it', () => {
    const invocation = parseCommandLine(['join', `> ${link.replace(/(.{30})/g, '$1\n> ')}.`, '--yes'], '1.2.3')
    assert.ok(invocation.command === 'join')
    assert.equal(invocation.invite?.peers.length, 1)
    assert.equal(invocation.options.yes, true)
  })

  it('leaves an invite alone that follows a flag whose number is optional, or one of several values', () => {
    const join = (flags: readonly string[]) => {
      const invocation = parseCommandLine(['join', ...flags], '1.2.3')
      assert.ok(invocation.command === 'join')
      assert.equal(invocation.invite?.peers.length, 1, flags.join(' '))
      return invocation.options
    }
    assert.equal(join(['--relay', link]).relay, true)
    assert.equal(join(['--relay', `> ${link}`, '--yes']).relay, true)
    assert.equal(join(['--serve', link.slice('starlings:'.length)]).serve, 8443)
    assert.equal(join(['--qr', link]).qr, true)
    assert.equal(join(['--relay', '5', link]).relay, 5)
    assert.equal(join(['--relay=5', link]).relay, 5)
    assert.equal(join(['--serve', '0', '--relay', link]).serve, 0)
    const peers = ['/ip4/192.0.2.1/tcp/1', 'peers.txt']
    assert.deepEqual(join(['--bootstrap', ...peers, link]).bootstrap, peers)
    assert.deepEqual(join(['--listen', peers[0]!, link, '--bootstrap', peers[1]!]).listen, [peers[0]])
    assert.deepEqual(join(['--bootstrap', peers[0]!, '--', link]).bootstrap, [peers[0]])
    const piped = parse('--verbose join --relay -')
    assert.ok(piped.command === 'join' && piped.invite === undefined && piped.options.relay === true)
    const asked = parseCommandLine(['doctor', '--peer', peers[0]!, link, '--json'], '1.2.3')
    assert.ok(asked.command === 'doctor' && asked.invite === link)
    const made = parse(`swarm create --home h --listen ${peers[0]} /ip4/192.0.2.2/tcp/2 digits --qr`)
    assert.ok(made.command === 'swarm create' && made.task === 'digits')
    assert.equal(made.options.listen?.length, 2)
  })

  it('takes a value that is needed for one, whatever it looks like', () => {
    const invocation = parseCommandLine(['join', '--home', '-', '--data', link, link], '1.2.3')
    assert.ok(invocation.command === 'join')
    assert.deepEqual([invocation.options.home, invocation.options.data], ['-', link])
  })

  it('shows help when it is called alone, and the version', () => {
    const alone = parse('')
    assert.ok(alone.command === 'text')
    assert.match(alone.text, /Usage: starlings[\s\S]*testnet[\s\S]*Start here/)
    assert.deepEqual(parse('--version'), { command: 'text', text: '1.2.3\n' })
    for (const command of ['testnet', 'node', 'swarm create', 'topology']) {
      const help = parse(`${command} --help`)
      assert.ok(help.command === 'text')
      assert.match(help.text, /Examples:/, command)
    }
  })

  const wrong: readonly (readonly [line: string, says: RegExp])[] = [
    ['testnett', /unknown command 'testnett' \(Did you mean testnet\?\)/],
    ['--foo', /unknown option '--foo'/],
    ['testnet', /missing required argument 'topology.json'/],
    ['testnet a.json b.json', /too many arguments/],
    ['testnet a.json --epoch 3', /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    ['testnet a.json --epochs', /'--epochs <N>' argument missing/],
    ['testnet a.json --epochs many', /--epochs.*'many'.*whole number from 1/],
    ['testnet a.json --epochs 0', /--epochs.*whole number from 1/],
    ['testnet a.json --seed -1', /--seed/],
    ['testnet a.json --density 2', /--density.*above 0, at most 1/],
    ['testnet a.json --density 0.1 --budget 9000', /--budget.*cannot be used with.*--density/],
    ['testnet a.json --value-bits 3', /--value-bits.*1, 2, 4, 8/],
    ['testnet a.json --mode fast', /--mode.*sync, async/],
    ['testnet a.json --skip-unsupported', /--skip-unsupported needs --faults FILE/],
    ['testnet a.json --task chess', /--task.*digits, mnist, table/],
    ['testnet a.json --partition dirichlet:none', /--partition.*'dirichlet:none'.*alpha from 0\.001/],
    ['testnet a.json --partition dirichlet', /'dirichlet' is invalid\. It takes iid, dirichlet:<alpha>/],
    ['node', /required option '--swarm <manifest.json>' not specified/],
    ['node --home h --relay 5MB', /--relay.*'5MB' is invalid.*whole number from 1/],
    ['node --home h --relay much', /--relay.*'much' is invalid.*whole number from 1/],
    ['join --relay', /missing required argument 'invite'/],
    ['node --swarm s.json --shard 4/3', /--shard.*I\/N/],
    ['node --swarm s.json --partition iid', /--partition needs --shard/],
    ['swarm', /a command is missing\nSee: starlings swarm --help/],
    ['swarm creat', /Did you mean create\?/],
    ['swarm create', /missing required argument 'task'\nSee: starlings swarm create --help/],
    ['swarm create digits --epochs 3 --forever', /--epochs.*cannot be used with.*--forever/],
    ['swarm create foo', /^starlings: unknown task 'foo'; take one of digits, mnist, table/],
    ['swarm create digits --name \u001b[31m', /--name.*1 to 64 printable characters/],
    ['topology rings --peers 4', /unknown kind 'rings'; take one of ring, line, star/],
    ['topology rings', /unknown kind 'rings'/],
    ['topology ring', /'--peers <N>' not specified/],
    ['topology ring --peers two', /--peers.*whole number/]
  ]
  for (const [line, says] of wrong) {
    it(`refuses "${line}" in two lines that say where help is`, () => {
      let thrown: unknown
      assert.throws(
        () => parse(line),
        error => {
          thrown = error
          return error instanceof UsageError
        }
      )
      const failure = describeFailure(thrown, false)
      assert.equal(failure.exitCode, 2)
      assert.match(failure.text, says)
      assert.match(failure.text, /\nSee: starlings .*--help$/)
      assert.equal(failure.text.split('\n').length, 2)
    })
  }
})

describe('errors in words', () => {
  it('keep the stack for --verbose, causes included', () => {
    const error = new InputError('a.json: bad', { cause: new RangeError('deep') })
    assert.deepEqual(describeFailure(error, false), { exitCode: 1, text: 'starlings: a.json: bad' })
    assert.match(describeFailure(error, true).text, /InputError[\s\S]*caused by RangeError: deep/)
  })

  it('name the file that the operating system refused', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', path: 'x.json' })
    assert.deepEqual(describeFailure(error, false), { exitCode: 1, text: 'starlings: x.json: no such file or folder' })
  })

  it('offer help where the command line is at fault, once', () => {
    assert.match(
      describeFailure(new UsageError('no'), false, 'node').text,
      /^starlings: no\nSee: starlings node --help$/
    )
    assert.match(describeFailure(new UsageError('no\nSee: there'), false, 'node').text, /^starlings: no\nSee: there$/)
    assert.doesNotMatch(describeFailure(new InputError('no'), false, 'node').text, /See/)
  })

  it('let nothing that they quote move the cursor', () => {
    assert.equal(
      describeFailure(new InputError('\u001b[2Jx\u009b1m\ty\nz'), false).text,
      'starlings: \ufffd[2Jx\ufffd1m\ty\nz'
    )
  })

  it('tell an unexpected one from a mistake of the user', () => {
    const failure = describeFailure(new TypeError('undefined is not a function'), false)
    assert.equal(failure.exitCode, 1)
    assert.match(failure.text, /not expected.*--verbose/)
  })
})
