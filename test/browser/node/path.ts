/** As much of `node:path` as the tests of the core use. */
export const join = (...parts: readonly string[]): string => parts.join('/')
