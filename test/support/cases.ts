/** Tests that run in another program than the one that reports them: each says how it ended in a line of JSON. */
import type { CinderlibError } from 'cinderlib-wasm';

export type Case = readonly [name: string, body: () => Promise<void>];

export interface Verdict {
  readonly name: string;
  readonly milliseconds: number;
  /** What was wrong; null when nothing was. */
  readonly error: string | null;
}

/** Runs the cases one after the other and prints their verdicts. */
export async function runCases(cases: Iterable<Case>): Promise<void> {
  for (const [name, body] of cases) {
    const begun = Date.now();
    let error: string | null = null;
    try {
      await body();
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      if (thrown instanceof Error && thrown.cause !== undefined) error += `\nbecause of ${String(thrown.cause)}`;
    }
    console.log(JSON.stringify({ name, milliseconds: Date.now() - begun, error } satisfies Verdict));
  }
}

/** What {@link runCases} has printed; a program that uses it prints nothing else. */
export function verdictsIn(text: string): Verdict[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** Fails unless both have the same JSON. */
export function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, got ${a}`);
}

/** The error that a promise is rejected with; fails when it is not. */
export async function failure(promise: Promise<unknown>): Promise<CinderlibError> {
  try {
    await promise;
  } catch (error) {
    return error as CinderlibError; // What the library throws; another one fails the comparison of its name.
  }
  throw new Error('It was to fail, and did not.');
}
