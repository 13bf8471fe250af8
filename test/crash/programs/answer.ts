/** How a call ended, in one word where it may end so: the test counts the words, and fails on any other. */
import { DatabaseChanged, DatabaseLocked } from 'cinderlib-wasm';

interface Answer<T> {
  readonly answer: string;
  readonly value?: T;
  readonly error?: unknown;
}

export async function answerOf<T>(call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { answer: 'success', value: await call() };
  } catch (error) {
    if (error instanceof DatabaseLocked) return { answer: 'locked', error };
    if (error instanceof DatabaseChanged) return { answer: 'changed', error };
    return { answer: error instanceof Error ? (error.stack ?? error.message) : String(error), error };
  }
}
