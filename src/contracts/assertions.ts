/** The few assertions of the contract suites, which must run under any test runner. */

/** Fails with the message when the condition does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`The contract is broken: ${message}.`);
}

/** Fails unless both values have the same JSON; the order of keys does not matter. */
export function assertEqual(actual: unknown, expected: unknown): void {
  const [a, b] = [canonical(actual), canonical(expected)];
  const isLong = a.length + b.length > readable;
  assert(a === b, isLong && a !== b ? firstDifference(a, b) : `expected ${b}, got ${a}`);
}

/** Up to this many characters, a person can still compare two values unaided. */
const readable = 1000;

/** Stands for `undefined`, which JSON cannot express. */
const nothing = 'undefined';

/** Says where two JSON texts first differ, and how. */
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
  if (value === undefined) return nothing;
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
