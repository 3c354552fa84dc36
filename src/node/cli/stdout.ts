/** Where results go: stdout carries nothing else, so that it can be piped into another program. */

/** Resolves when everything written so far has left the process; a pipe takes it asynchronously. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.destroyed) resolve()
    else stream.write('', () => resolve())
  })
}

/** A reader that went away, as in `starlings … | head`, is not an error: the process ends quietly. */
export function endQuietlyOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
}
