/** As much of `node:assert/strict` as the tests of the core use, for pages. */

class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** What `throws` and `rejects` accept: a class, fields that the error has, or a predicate. */
type Expected = (abstract new (...args: never[]) => unknown) | Readonly<Record<string, unknown>> | RegExp

const text = (value: unknown): string => {
  try {
    return value instanceof Uint8Array ? `bytes ${[...value.slice(0, 40)]}` : (JSON.stringify(value) ?? String(value))
  } catch {
    return String(value)
  }
}

function demand(holds: unknown, message: string | Error | undefined, otherwise: () => string): asserts holds {
  if (holds) return
  throw message instanceof Error ? message : new AssertionError(message ?? otherwise())
}

/** Same types, same keys, same values, as `deepStrictEqual` has it; in Maps and Sets keys are compared by identity. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && same(value, b.get(key)))
  }
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every(value => b.has(value))
  if (a instanceof Error && b instanceof Error && (a.name !== b.name || a.message !== b.message)) return false
  if (a instanceof Date && b instanceof Date && a.getTime() !== b.getTime()) return false
  const [keysA, keysB] = [Object.keys(a), Object.keys(b)]
  if (keysA.length !== keysB.length) return false
  if (ArrayBuffer.isView(a) || Array.isArray(a)) {
    if (Reflect.get(a, 'length') !== Reflect.get(b, 'length')) return false
  }
  return keysA.every(key => Object.hasOwn(b, key) && same(Reflect.get(a, key), Reflect.get(b, key)))
}

function accepts(error: unknown, expected: unknown): boolean {
  if (expected === undefined || typeof expected === 'string') return true
  if (expected instanceof RegExp) return expected.test(String(error))
  if (typeof expected === 'function') {
    // Arrow functions have no prototype: those are predicates.
    const { prototype } = expected
    if (prototype !== undefined) return Object.prototype.isPrototypeOf.call(prototype, Object(error))
    return expected(error) === true
  }
  if (typeof error !== 'object' || error === null || typeof expected !== 'object' || expected === null) return false
  return Object.entries(expected).every(([key, value]) =>
    value instanceof RegExp ? value.test(String(Reflect.get(error, key))) : same(Reflect.get(error, key), value)
  )
}

export function ok(value: unknown, message?: string | Error): asserts value {
  demand(value, message, () => `expected something true, not ${text(value)}`)
}

export function equal(actual: unknown, expected: unknown, message?: string | Error): void {
  demand(Object.is(actual, expected), message, () => `${text(actual)} is not ${text(expected)}`)
}

export function notEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  demand(!Object.is(actual, expected), message, () => `expected something else than ${text(actual)}`)
}

export function deepEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  demand(same(actual, expected), message, () => `${text(actual)} is not ${text(expected)}`)
}

export function notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void {
  demand(!same(actual, expected), message, () => `expected something else than ${text(actual)}`)
}

export function match(value: string, pattern: RegExp, message?: string | Error): void {
  demand(pattern.test(value), message, () => `${text(value)} does not match ${pattern}`)
}

export function doesNotMatch(value: string, pattern: RegExp, message?: string | Error): void {
  demand(!pattern.test(value), message, () => `${text(value)} matches ${pattern}`)
}

export function fail(message?: string | Error): never {
  throw message instanceof Error ? message : new AssertionError(message ?? 'failed')
}

export function doesNotThrow(run: () => unknown): void {
  run()
}

export function throws(run: () => unknown, expected?: Expected | string, message?: string): void {
  let thrown: unknown
  try {
    run()
  } catch (error) {
    thrown = error ?? 'nothing'
  }
  demand(thrown !== undefined, message, () => 'nothing was thrown')
  demand(accepts(thrown, expected), message, () => `another error was thrown: ${thrown}`)
}

export async function rejects(
  promise: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected | string,
  message?: string
): Promise<void> {
  let thrown: unknown
  try {
    await (typeof promise === 'function' ? promise() : promise)
  } catch (error) {
    thrown = error ?? 'nothing'
  }
  demand(thrown !== undefined, message, () => 'it did not reject')
  demand(accepts(thrown, expected), message, () => `it rejected with another error: ${thrown}`)
}

export default Object.assign(
  (value: unknown, message?: string): asserts value => {
    ok(value, message)
  },
  {
    ok,
    equal,
    notEqual,
    strictEqual: equal,
    deepEqual,
    deepStrictEqual: deepEqual,
    notDeepEqual,
    match,
    doesNotMatch,
    fail,
    doesNotThrow,
    throws,
    rejects
  }
)
