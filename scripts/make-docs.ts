/** Fills the examples of README.md and PROTOCOL.md from the files that tests check. Running it again changes nothing. */
import { readFile, writeFile } from 'node:fs/promises'

interface Update {
  readonly name: string
  readonly body: string
  readonly indices: readonly number[]
  readonly levels: readonly number[]
  readonly shifts: readonly number[]
}

/** Lines of hex, 64 digits each. */
function hex(bytes: string): string {
  return (bytes.match(/.{1,64}/g) ?? []).map(line => `    ${line}`).join('\n')
}

async function vectors<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(`test/vectors/${name}.json`, 'utf8')) as T
}

/** The entry with that name. @throws when there is none */
function named<T extends { readonly name?: string }>(list: readonly T[], name: string): T {
  const found = list.find(entry => entry.name === name)
  if (found === undefined) throw new RangeError(`no vector is named "${name}"`)
  return found
}

async function examples(): Promise<Map<string, string>> {
  const update = named(await vectors<Update[]>('update'), 'three entries')
  const [envelope] = await vectors<{ envelope: string }[]>('envelope')
  const claims = await vectors<{ body: string }[]>('claim')
  const [pulse] = await vectors<{ pulse: string }[]>('pulse')
  const repair = await vectors<{ name: string; bytes: string }[]>('repair')
  const peers = await vectors<{ name: string; bytes: string }[]>('peers')
  const snapshot = await vectors<{ name?: string; snapshot?: string; bytes?: string }[]>('snapshot')
  const records = await vectors<{ key?: string; record?: string }[]>('record')
  const invites = await vectors<{ name?: string; words: string[]; bytes: string; link: string }[]>('invite')
  const invite = named(invites, 'one peer')
  const hellos = await vectors<{ name: string; bytes?: string }[]>('hello')
  const brought = await vectors<{ name: string; bytes: string }[]>('bring')
  const listed = (list: readonly { readonly name: string; readonly bytes?: string }[]) =>
    list
      .flatMap(({ name, bytes }) => (bytes === undefined ? [] : [`    ${name}\n${hex(bytes).replace(/^/gm, '    ')}`]))
      .join('\n')
  const exchange = repair.map(({ name, bytes }) => `    ${name}\n${hex(bytes).replace(/^/gm, '    ')}`)
  const code = (await readFile('scripts/example.ts', 'utf8')).trimEnd()
  const places = update.indices.map((index, i) => `${update.levels[i]} · 2^${update.shifts[0]} at ${index}`).join(', ')
  return new Map([
    ['library', `\`\`\`ts\n${code}\n\`\`\``],
    [
      'update',
      `Epoch 3, weight 100, n = 6, 4 bits: ${places} (\`update.json\`, "${update.name}").\n\n${hex(update.body)}`
    ],
    ['envelope', `An update without entries (\`envelope.json\`, the first):\n\n${hex(envelope?.envelope ?? '')}`],
    ['claim', `Epoch 300, counter 70000, leaving (\`claim.json\`, the second):\n\n${hex(claims[1]?.body ?? '')}`],
    ['pulse', `From a peer that has nothing yet (\`pulse.json\`, the first):\n\n${hex(pulse?.pulse ?? '')}`],
    ['repair', `Examples (\`repair.json\`):\n\n${exchange.join('\n')}`],
    [
      'peers',
      `An answer about one peer that is connected now (\`peers.json\`, the fourth):\n\n${hex(peers[3]?.bytes ?? '')}`
    ],
    ['hello', `Examples (\`hello.json\`):\n\n${listed(hellos)}`],
    ['bring', `Examples (\`bring.json\`):\n\n${listed(brought)}`],
    [
      'record',
      `Examples (\`record.json\`):\n\n${records
        .filter(({ key }) => key === 'clock' || key === 'own')
        .map(({ key, record }) => `    ${key}\n${hex(record ?? '').replace(/^/gm, '    ')}`)
        .join('\n')}`
    ],
    [
      'invite',
      `To one peer at one address (\`invite.json\`, "${invite.name}"), to the swarm \`${invite.words.join(' ')}\`:\n\n${hex(invite.bytes)}\n\nand as a link:\n\n    ${invite.link}`
    ],
    [
      'snapshot',
      `Of a model with five parameters (\`snapshot.json\`, the first):\n\n${hex(snapshot[0]?.snapshot ?? '')}`
    ]
  ])
}

const filled = await examples()
for (const file of ['README.md', 'PROTOCOL.md']) {
  const text = await readFile(file, 'utf8')
  const next = text.replace(
    /(<!-- example: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const content = filled.get(name)
      if (content === undefined) throw new RangeError(`${file}: no example is named "${name}"`)
      return `${begin}${content}\n${end}`
    }
  )
  if (next !== text) await writeFile(file, next)
}
