/** Multiaddrs of flags. */
import { UsageError } from './errors.js'

/** @param command of which help is offered @throws {UsageError} that names the flag */
export function checkAddresses(
  flag: string,
  addresses: readonly string[],
  parse: (text: string) => unknown,
  command = 'node'
): void {
  for (const address of addresses) {
    try {
      parse(address)
    } catch (cause) {
      throw new UsageError(
        `${flag}: ${cause instanceof Error ? cause.message : cause}\nSee: starlings ${command} --help`,
        {
          cause
        }
      )
    }
  }
}
