/** The error of the library that a call must fail with. */
import { type CinderlibError, isCinderlibError } from 'cinderlib-wasm';
import { expect } from 'vitest';

export async function errorOf(promise: Promise<unknown>): Promise<CinderlibError> {
  const error: unknown = await promise.then(
    () => expect.unreachable('it should have failed'),
    (reason: unknown) => reason,
  );
  expect(isCinderlibError(error), String(error)).toBe(true);
  return error as CinderlibError;
}
