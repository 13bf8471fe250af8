/** Sends programs to a page as text, and decodes their results: the same for every browser, errors included. */
import { PageError } from './browser.ts';

/** An expression that always resolves with a text for {@link resultOf}, even if the program throws. */
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
