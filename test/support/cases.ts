/** Tests that run in a different process from the one that reports them: each prints its verdict as a line of JSON. */
import type { CinderlibError } from 'cinderlib-wasm';

export type Case = readonly [name: string, body: () => Promise<void>];

export interface Verdict {
  readonly name: string;
  readonly milliseconds: number;
  /** The error; null if the case passed. */
  readonly error: string | null;
}

/** The cases whose titles contain one of these words. Throws if a word is in none, so that no reworded title drops a case. */
export function casesAbout(words: readonly string[], cases: readonly Case[]): Case[] {
  for (const word of words) {
    if (!cases.some(([name]) => name.includes(word)))
      throw new Error(`No title contains "${word}": reword it here too.`);
  }
  return cases.filter(([name]) => words.some((word) => name.includes(word)));
}

/** Runs the cases in sequence and prints their verdicts. */
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

/** Parses the output of {@link runCases}; the program that calls it must print nothing else. */
export function verdictsIn(text: string): Verdict[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** Fails unless both serialize to the same JSON. */
export function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, got ${a}`);
}

/** Returns the error that a promise rejects with; fails if it resolves. */
export async function failure(promise: Promise<unknown>): Promise<CinderlibError> {
  try {
    await promise;
  } catch (error) {
    return error as CinderlibError; // What the library throws; any other error fails the comparison of names.
  }
  throw new Error('It was to fail, and did not.');
}
