/** Files that the bundler puts beside the page: where they will be. */
declare module '*?url' {
  const url: string
  export default url
}
