import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './starlings.js'

interface Mistake {
  readonly what: string
  readonly args: () => readonly string[]
  readonly code: 1 | 2
  /** The place and the remedy. */
  readonly says: RegExp
}

describe('mistakes on the command line', function () {
  this.timeout(60_000)
  let folder: string
  let server: Server
  let port = 0
  const at = (name: string): string => join(folder, name)
  const topology = (edges: unknown, extra: object = {}): string =>
    JSON.stringify({ topology: 1, kind: 'custom', peers: 3, edges, ...extra })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starlings-errors-'))
    const created = await run('swarm', 'create', 'digits', '--out', at('swarm.json'))
    assert.equal(created.code, 0, created.stderr)
    const manifest = JSON.parse(await readFile(at('swarm.json'), 'utf8'))
    const files: Readonly<Record<string, string>> = {
      'good.json': topology([
        [0, 1],
        [1, 2]
      ]),
      'self.json': topology([
        [0, 1],
        [2, 2]
      ]),
      'split.json': topology([[0, 1]]),
      'syntax.json': '{\n"topology": 1,\n}',
      'field.json': JSON.stringify({ ...manifest, colour: 'red' }),
      'missing.json': JSON.stringify({ ...manifest, gossip: undefined }),
      'range.json': JSON.stringify({ ...manifest, clock: { ...manifest.clock, quorumPercent: 101 } }),
      'digest.json': JSON.stringify({ ...manifest, seed: manifest.seed + 1 }),
      'later.json': JSON.stringify({ ...manifest, protocol: 2 }),
      'nan.csv': `a,b,kind\n${'1,2,x\n3,NaN,y\n'.repeat(20)}`,
      'typo.csv': `a,b,kind\n${'1,2,x\n3,4,y\n'.repeat(20)}5,6,z\n`,
      'table.csv': `a,b,kind\n${'1,2,x\n3,4,y\n'.repeat(20)}`
    }
    await mkdir(at('run'))
    await writeFile(at('run/summary.json'), '{}')
    for (const [name, content] of Object.entries(files)) await writeFile(at(name), content)
    server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  after(async () => {
    await new Promise(resolve => server.close(resolve))
    await rm(folder, { recursive: true })
  })

  const node = (...args: readonly string[]) => ['node', '--swarm', at('swarm.json'), ...args]
  const table: readonly Mistake[] = [
    { what: 'an unknown command', args: () => ['tesnet'], code: 2, says: /Did you mean testnet/ },
    { what: 'an unknown flag', args: () => ['testnet', at('good.json'), '--epoch', '3'], code: 2, says: /--epochs/ },
    {
      what: 'a malformed peer',
      args: () => node('--peer', 'localhost:4001'),
      code: 2,
      says: /--peer.*localhost:4001.*\/ip4\//
    },
    {
      what: 'a malformed listen address',
      args: () => node('--listen', '/ip4/1.2.3/tcp/1'),
      code: 2,
      says: /--listen.*\/ip4\/1.2.3/
    },
    {
      what: 'an impossible topology',
      args: () => ['topology', 'torus', '--peers', '7'],
      code: 2,
      says: /--peers 7.*try/
    },
    {
      what: 'mnist without data',
      args: () => ['testnet', at('good.json'), '--task', 'mnist'],
      code: 2,
      says: /--data/
    },
    {
      what: 'a table without label',
      args: () => ['testnet', at('good.json'), '--task', 'table', '--data', at('table.csv')],
      code: 2,
      says: /--label/
    },
    {
      what: 'a topology that is not there',
      args: () => ['testnet', at('none.json')],
      code: 1,
      says: /none\.json: no such file.*starlings topology/
    },
    {
      what: 'a topology that is no JSON',
      args: () => ['testnet', at('syntax.json')],
      code: 1,
      says: /syntax\.json:3: not valid JSON/
    },
    {
      what: 'an edge to itself',
      args: () => ['testnet', at('self.json')],
      code: 1,
      says: /self\.json: edge 2.*remove/
    },
    {
      what: 'a topology in two parts',
      args: () => ['testnet', at('split.json')],
      code: 1,
      says: /split\.json.*connect/
    },
    {
      what: 'a folder that cannot be made',
      args: () => ['testnet', at('good.json'), '--out', at('good.json/out')],
      code: 1,
      says: /--out .*good\.json/
    },
    {
      what: 'a folder with an earlier run',
      args: () => ['testnet', at('good.json'), '--out', at('run')],
      code: 1,
      says: /--out .*run: holds summary\.json of an earlier run.*--force/
    },
    {
      what: 'data with NaN',
      args: () => ['testnet', at('good.json'), '--task', 'table', '--data', at('nan.csv'), '--label', 'kind'],
      code: 1,
      says: /nan\.csv.*'NaN'/
    },
    {
      what: 'a label that is not there',
      args: () => ['swarm', 'create', 'table', '--data', at('table.csv'), '--label', 'colour'],
      code: 1,
      says: /table\.csv.*colour.*--label/
    },
    {
      what: 'data that is not there',
      args: () => ['testnet', at('good.json'), '--task', 'mnist', '--data', at('none')],
      code: 1,
      says: /none does not exist|none: does not exist/
    },
    {
      what: 'a manifest with an unknown field',
      args: () => ['node', '--swarm', at('field.json')],
      code: 1,
      says: /field\.json: colour/
    },
    {
      what: 'a manifest without a field',
      args: () => ['node', '--swarm', at('missing.json')],
      code: 1,
      says: /missing\.json: gossip: is missing/
    },
    {
      what: 'a manifest out of range',
      args: () => ['node', '--swarm', at('range.json')],
      code: 1,
      says: /range\.json: clock\.quorumPercent: must be at most 100, not 101\n.*ask its creator/
    },
    {
      what: 'a manifest of a later protocol',
      args: () => ['node', '--swarm', at('later.json')],
      code: 1,
      says: /later\.json: is made for protocol 2.*update Starlings/
    },
    {
      what: 'a manifest of other parameters',
      args: () => ['node', '--swarm', at('digest.json')],
      code: 1,
      says: /digest\.json: params\.digest/
    },
    {
      what: 'a manifest that would be replaced',
      args: () => ['swarm', 'create', 'digits', '--out', at('swarm.json')],
      code: 1,
      says: /swarm\.json.*--force/
    },
    {
      what: 'a manifest in place of a folder',
      args: () => ['swarm', 'create', 'digits', '--out', at('run')],
      code: 1,
      says: /run: is a folder; name a file in it/
    },
    {
      what: 'data that a task does not take',
      args: () => ['swarm', 'create', 'digits', '--data', at('table.csv')],
      code: 2,
      says: /--data.*\nSee: starlings swarm create --help/
    },
    {
      what: 'a port in use',
      args: () => node('--listen', `/ip4/127.0.0.1/tcp/${port}`),
      code: 1,
      says: /--listen.*port \d+ is in use/
    }
  ]
  for (const { what, args, code, says } of table) {
    it(`${what} gets one or two lines and exit code ${code}`, async () => {
      const ended = await run(...args())
      assert.equal(ended.code, code, ended.stderr)
      assert.match(ended.stderr, says)
      assert.equal(ended.stdout, '')
      assert.ok(ended.stderr.trimEnd().split('\n').length <= 2, ended.stderr)
      assert.doesNotMatch(ended.stderr, /^ +at /m)
    })
  }

  it('in the data are told before a swarm is sent around', async () => {
    const ended = await run('swarm', 'create', 'table', '--data', at('typo.csv'), '--label', 'kind')
    assert.equal(ended.code, 0)
    assert.match(ended.stderr, /41 rows with 3 classes of kind: x 20, y 20, z 1\n2 columns of numbers: a, b\n/)
    assert.match(ended.stderr, /updates of at most \d+ B per peer and epoch/)
    assert.match(ended.stderr, /warning: few rows of the class 'z' \(1 row\)/)
  })

  it('come with a stack on --verbose', async () => {
    const ended = await run('testnet', at('none.json'), '--verbose')
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^ +at /m)
  })
})
