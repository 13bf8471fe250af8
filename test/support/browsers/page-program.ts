/** A program for a page as text, and what it answers: the same in every browser, errors included. */
import { PageError } from './browser.ts';

/** An expression that resolves with text for {@link resultOf}, whatever happens. */
export function pageProgram(program: string | ((argument: never) => unknown), argument?: unknown): string {
  const value = argument === undefined ? 'undefined' : JSON.stringify(argument);
  const expression = typeof program === 'string' ? program : `(${program})(${value})`;
  const error =
    '{ name: String(e?.name), message: String(e?.message ?? e), stack: e?.stack, ' +
    "code: typeof e?.code === 'string' ? e.code : undefined }";
  return (
    `(async () => (${expression}))().then((value) => JSON.stringify({ value }), ` +
    `(e) => JSON.stringify({ error: ${error} }))`
  );
}

export function resultOf<T>(text: string): T {
  // Written by the program above.
  const result = JSON.parse(text) as { value: T } | { error: ConstructorParameters<typeof PageError>[0] };
  if ('error' in result) throw new PageError(result.error);
  return result.value;
}
