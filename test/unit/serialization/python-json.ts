/** What Python's own `json`, `repr`, `str`, `int` and `bool` made; the file says with which expressions. */
import { readFileSync } from 'node:fs';

/** A text and what Python made of it. */
type Pair<T = string> = readonly [text: string, made: T];

interface PythonJson {
  readonly made_with: { readonly python: string; readonly expressions: Readonly<Record<string, string>> };
  readonly floats: readonly string[];
  readonly strings: readonly string[];
  readonly reprs: readonly Pair[];
  readonly documents: readonly (readonly [spaced: string, compact: string])[];
  readonly readings: readonly Pair[];
  readonly errors: readonly Pair[];
  readonly stringified: readonly Pair[];
  readonly truths: readonly Pair<boolean>[];
  readonly integers: readonly Pair<{ readonly value: string } | { readonly error: string }>[];
  /** Code units, in hexadecimal. */
  readonly blanks: readonly string[];
  readonly digits: { readonly json: string; readonly text: string };
}

// The file was written for this shape.
export const pythonJson = JSON.parse(
  readFileSync(new URL('./python-json.fixture.json', import.meta.url), 'utf8'),
) as PythonJson;

/** The floats of the file, each with Python's `repr` of it. */
export function pythonFloats(): { readonly value: number; readonly repr: string }[] {
  return pythonJson.floats.map((line) => {
    const [bits = '', repr = ''] = line.split(' ');
    return { value: Buffer.from(bits, 'hex').readDoubleBE(), repr };
  });
}

/** The error that `call` throws; fails when it throws none, or something that is no error. */
export function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('An error was expected, and there was none.');
}
