/** The assertions of the contract suites, independent of any test runner. */

/** Fails with the message if the condition does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`The contract is broken: ${message}.`);
}

/** Fails unless both values have the same JSON, regardless of the order of keys. */
export function assertEqual(actual: unknown, expected: unknown): void {
  const [a, b] = [canonical(actual), canonical(expected)];
  const isLong = a.length + b.length > readable;
  assert(a === b, isLong && a !== b ? firstDifference(a, b) : `expected ${b}, got ${a}`);
}

/** The total length of two values up to which a reader can compare them unaided. */
const readable = 1000;

/** A text that no JSON value has. */
const nothing = 'undefined';

/** The first place where two JSON texts differ, with both values. */
function firstDifference(a: string, b: string, place = ''): string {
  const [actual, expected]: unknown[] = [a, b].map((text) => (text === nothing ? null : JSON.parse(text)));
  if (isTree(actual) && isTree(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const [got, wanted] = [canonical(Reflect.get(actual, key)), canonical(Reflect.get(expected, key))];
      if (got !== wanted) return firstDifference(got, wanted, `${place}[${JSON.stringify(key)}]`);
    }
  }
  return `${place === '' ? '' : `at ${place} `}expected ${b}, got ${a}`;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Fails unless both lists contain the same strings, in any order. */
export function assertSame(actual: readonly string[], expected: readonly string[]): void {
  assertEqual([...actual].sort(), [...expected].sort());
}

/** The error that a promise rejects with; null if it fulfils. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function canonical(value: unknown): string {
  if (value === undefined) return nothing;
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
