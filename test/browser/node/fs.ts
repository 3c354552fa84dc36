/** As much of `node:fs/promises` as the tests of the core use: the frozen vectors, packed into the page. */

const vectors: Readonly<Record<string, string>> = import.meta.glob('/test/vectors/*.json', {
  query: '?raw',
  import: 'default',
  eager: true
})

export async function readFile(path: string): Promise<string> {
  const text = vectors[`/${path}`]
  if (text === undefined) throw new Error(`the page has no ${path}`)
  return text
}

export async function readdir(folder: string): Promise<string[]> {
  return Object.keys(vectors).flatMap(path => (path.startsWith(`/${folder}/`) ? [path.slice(folder.length + 2)] : []))
}
