/** Runs concurrent writes in many tabs, records their outcomes, and models what may be stored afterwards. */
import { PageError } from './browsers/browser.ts';
import type { Tab } from './tab.ts';

declare const lib: typeof import('cinderlib-wasm');
declare const cl: Awaited<ReturnType<typeof lib.setup>>;

export interface Operation {
  readonly key: string;
  /** Null deletes. */
  readonly value: string | null;
}

/** `ok`, or the code of an error with its message. */
export type Fate = string;

/** The outcome is unknown: the value was stored or it was not. */
export const unknown = 'OUTCOME_UNKNOWN';

/** What each key may hold: a single value once all of its calls were answered. Only one tab at a time writes a key. */
export class Model {
  readonly #states = new Map<string, Set<string | null>>();

  apply({ key, value }: Operation, fate: Fate): void {
    // An error means that nothing was changed, unless it says that the outcome is unknown.
    const before = this.#states.get(key) ?? [null];
    if (fate === 'ok') this.#states.set(key, new Set([value]));
    else if (fate.startsWith(unknown)) this.#states.set(key, new Set([...before, value]));
  }

  /** Differences between what is stored and what should be; the stored value is certain from now on. */
  problems(stored: Readonly<Record<string, string | null>>): string[] {
    const problems = Object.keys(stored).filter((key) => !this.#states.has(key));
    for (const [key, states] of this.#states) {
      const value = stored[key] ?? null;
      if (!states.has(value)) problems.push(`${key} is ${short(value)}, not ${[...states].map(short).join(' or ')}`);
      this.#states.set(key, new Set([value]));
    }
    return problems;
  }
}

const short = (value: string | null): string => value?.slice(0, 20) ?? 'absent';

/** Runs operations in a tab concurrently; those of a tab that dies first are unknown. */
export async function runAll(tab: Tab, operations: readonly Operation[]): Promise<readonly Fate[]> {
  const work = tab.page.evaluate(
    (operations) =>
      Promise.all(
        operations.map(({ key, value }) => {
          const call =
            value === null
              ? cl.persistence.deleteKeyValue(key)
              : cl.persistence.setKeyValue(new lib.KeyValue(key, value));
          return call.then(
            () => 'ok',
            ({ code, message }) => `${code}: ${message}`,
          );
        }),
      ),
    operations,
  );
  try {
    return await work;
  } catch (error) {
    // In Firefox, a tab whose process was killed becomes an empty page at once, without `cl`.
    if (error instanceof PageError && error.name !== 'ReferenceError') throw error;
    return operations.map(() => unknown);
  }
}
