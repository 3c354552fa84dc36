/** Folders of homes for tests. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '#src/interface.js'
import { MarkFile } from '#src/node/store/mark.js'
import { openOrRescue, type Rescued } from '#src/node/store/rescue.js'

export const makeTemporaryFolder = () => mkdtemp(join(tmpdir(), 'starlings-home-'))

export const removeFolder = (path: string) => rm(path, { recursive: true, force: true })

/** A database in `folder`, as a home opens it. */
export async function openStore(folder: string): Promise<Rescued> {
  const mark = new MarkFile(join(folder, 'mark'))
  await mark.create()
  return openOrRescue(join(folder, 'state'), mark)
}

/** Everything in a store, as text. */
export async function contents(store: Store): Promise<string> {
  const lines: string[] = []
  for await (const [key, value] of store.read('')) lines.push(`${key}=${Buffer.from(value).toString('base64')}`)
  return lines.join('\n')
}

/** Files of a database that decide what is in it. */
export async function databaseFiles(folder: string): Promise<readonly { name: string; bytes: Buffer }[]> {
  const names = (await readdir(join(folder, 'state'))).filter(name => /^(CURRENT|MANIFEST.*|.*\.(log|ldb))$/.test(name))
  return Promise.all(names.map(async name => ({ name, bytes: await readFile(join(folder, 'state', name)) })))
}
