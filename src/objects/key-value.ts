/** A key and its text, which a program may keep beside its volumes. */
import { pythonStr, pythonType } from '../cinder/python-str.ts';
import { ValueError } from '../errors/index.ts';
import { inspect } from '../inspect.ts';

export class KeyValue {
  readonly key: string;
  /** Null where the table has NULL. */
  value: string | null;

  constructor(key: string, value: string | null) {
    this.key = key;
    this.value = value;
  }

  /** What Node, Deno and Bun print: not the value, which may be a secret. */
  [inspect](): string {
    return `<KeyValue ${this.key}>`;
  }
}

/** The key and the text to store: numbers are stored as their text, as by the original. Throws `ValueError` for others. */
export function storableKeyValue({ key, value }: KeyValue): { readonly key: string; readonly value: string | null } {
  if (typeof key !== 'string') throw new ValueError(`A key is a text, not a ${pythonType(key)}.`);
  return { key, value: storableValue(key, value) };
}

/** The declared type is what callers should give; what they give at run time may be anything. */
function storableValue(key: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return pythonStr(value);
  throw new ValueError(
    `The value of the key ${key} is a text or null, not a ${pythonType(value)}. JSON.stringify() it.`,
  );
}
