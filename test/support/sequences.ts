/**
 * Generates what concurrent writers write, so that a reader can tell whether the state it sees ever existed: each
 * writer counts up, and stores its number n under the key n modulo 50. `test/crash/programs/native.py` does the same.
 */
const keys = 50;
const sizes = [10, 300, 3000, 20_000] as const;

export interface Written {
  readonly key: string;
  readonly value: string | null;
}

/** The n-th value that a writer writes; every fourth is large enough for overflow pages. */
export function nth(writer: string, n: number): { readonly key: string; readonly value: string } {
  const key = `${writer}-${n % keys}`;
  return { key, value: `${n}:${'x'.repeat(sizes[n % sizes.length] ?? 0)}:${key}` };
}

/** What one reader sees over time: there must be no gap, no partial value, and no step back. */
export class View {
  /** How much each writer had written when last seen. */
  readonly #counts = new Map<string, number>();

  /** How much a writer has written, as far as this reader has seen. */
  count(writer: string): number {
    return this.#counts.get(writer) ?? 0;
  }

  /** Takes a snapshot that the reader sees, and returns what is wrong with it, one sentence each. */
  take(rows: readonly Written[]): string[] {
    const problems: string[] = [];
    const numbers = new Map<string, Set<number>>();
    for (const { key, value } of rows) {
      const writer = key.slice(0, key.lastIndexOf('-'));
      const n = Number(value?.split(':')[0]);
      if (nth(writer, n).value !== value) problems.push(`${key} holds ${value?.slice(0, 20)}…, which nobody wrote.`);
      numbers.set(writer, (numbers.get(writer) ?? new Set()).add(n));
    }
    for (const writer of new Set([...numbers.keys(), ...this.#counts.keys()])) {
      const seen = numbers.get(writer) ?? new Set();
      const count = Math.max(-1, ...seen) + 1;
      for (let n = Math.max(0, count - keys); n < count; n++) {
        if (!seen.has(n)) problems.push(`${writer} had written ${count}, but number ${n} was not to be seen.`);
      }
      const before = this.count(writer);
      if (count < before) problems.push(`${writer} had written ${before} before, and ${count} now.`);
      this.#counts.set(writer, count);
    }
    return problems;
  }
}
