/** The few assertions of the contract suites, which must run under any test runner. */

/** Fails with the message when the condition does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`The contract is broken: ${message}.`);
}

/** Fails unless both values have the same JSON; the order of keys does not matter. */
export function assertEqual(actual: unknown, expected: unknown): void {
  const [a, b] = [canonical(actual), canonical(expected)];
  assert(a === b, `expected ${b}, got ${a}`);
}

/** Fails unless both lists hold the same texts, in any order. */
export function assertSame(actual: readonly string[], expected: readonly string[]): void {
  assertEqual([...actual].sort(), [...expected].sort());
}

/** The error that a promise is rejected with; null when it is not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
