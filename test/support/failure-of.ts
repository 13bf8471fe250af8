/** The error of an operation that must fail. */
import type { CinderlibError } from 'cinderlib-wasm';
import { expect } from 'vitest';

/** An error with what operations attach to it. */
export type Failure = Error & Pick<CinderlibError, 'resource' | 'not_saved' | 'not_undone'>;

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => expect.unreachable('it should have failed'),
    (error: Error) => error,
  );
}
