/** What a router says in XML, as a tree without attributes. The parser knows no entities of documents, so none can swell. */
import sax from 'sax'

export interface Element {
  /** In lower case, without the prefix of its namespace. */
  readonly name: string
  readonly text: string
  readonly children: readonly Element[]
}

interface Open extends Element {
  text: string
  readonly children: Open[]
}

const MAX_DEPTH = 32
const MAX_ELEMENTS = 4096

/**
 * Routers are sloppy writers: what is not quite XML is read as far as it makes sense.
 * @returns the root, whose children are what the text has at its top
 * @throws {RangeError} on more elements than any router has, or a deeper nest
 */
export function parseXml(text: string): Element {
  const root: Open = { name: '', text: '', children: [] }
  const path = [root]
  let count = 0
  const parser = sax.parser(false, { lowercase: true, trim: true })
  parser.onopentag = ({ name }) => {
    if (++count > MAX_ELEMENTS || path.length > MAX_DEPTH) throw new RangeError('the XML has too many elements')
    const element: Open = { name: name.replace(/^.*:/, ''), text: '', children: [] }
    path.at(-1)?.children.push(element)
    path.push(element)
  }
  parser.onclosetag = () => void path.pop()
  const hear = (said: string): void => {
    const element = path.at(-1)
    if (element !== undefined) element.text += said
  }
  parser.ontext = hear
  parser.oncdata = hear
  parser.onerror = () => void parser.resume()
  parser.write(text).close()
  return root
}

/** Every element of that name, wherever it is. */
export function all(element: Element, name: string): readonly Element[] {
  const below = element.children.flatMap(child => all(child, name))
  return element.name === name.toLowerCase() ? [element, ...below] : below
}

/** Text of the first element of that name below this one; empty when there is none. */
export function textOf(element: Element, name: string): string {
  return all(element, name)[0]?.text ?? ''
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
