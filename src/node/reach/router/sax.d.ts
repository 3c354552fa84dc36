/** What is used of it: a parser that is told the pieces of a text, and tells of each element. */
declare module 'sax' {
  export interface Parser {
    onopentag: (tag: { readonly name: string }) => void
    onclosetag: (name: string) => void
    ontext: (text: string) => void
    oncdata: (text: string) => void
    onerror: (error: Error) => void
    write(text: string): Parser
    close(): void
    resume(): Parser
  }
  const sax: { parser(strict: boolean, options: { readonly lowercase: boolean; readonly trim: boolean }): Parser }
  export default sax
}
