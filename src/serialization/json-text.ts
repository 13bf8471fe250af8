/** Python's `json.dumps` with ASCII output, identical to the byte. */
import { entriesOf, isDict } from '../cinder/dict.ts';
import { floatRepr } from '../cinder/python-float.ts';
import { digitsOf } from '../cinder/python-int.ts';
import { isFloat, pythonType } from '../cinder/python-str.ts';
import { checkDepth } from '../cinder/tree.ts';
import { ValueError } from '../errors/index.ts';

/** The separators between the items of a list or object, and between a key and its value. */
export interface Separators {
  readonly item: ',' | ', ';
  readonly key: ':' | ': ';
}

/** Used by `jsons()` of volumes, snapshots, connections and the whole context. */
export const compact: Separators = { item: ',', key: ':' };
/** Python's default, which the original uses for backends and for the JSON columns of the database. */
export const spaced: Separators = { item: ', ', key: ': ' };

/** A value as JSON text. Throws `ValueError` for values that JSON cannot represent. */
export function jsonText(value: unknown, separators: Separators, depth = 0): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quotedJson(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (isFloat(value)) return floatRepr(Number(value));
  if (typeof value === 'number') return String(value);
  if (typeof value === 'bigint') return digitsOf(value);
  checkDepth(depth);
  if (Array.isArray(value)) {
    // Not `map`, which skips holes.
    return `[${Array.from(value, (item) => jsonText(item, separators, depth + 1)).join(separators.item)}]`;
  }
  if (isDict(value)) {
    const items: string[] = [];
    for (const [key, item] of entriesOf(value)) {
      if (item !== undefined) items.push(quotedJson(key) + separators.key + jsonText(item, separators, depth + 1));
    }
    return `{${items.join(separators.item)}}`;
  }
  throw new ValueError(`Object of type ${pythonType(value)} is not JSON serializable`);
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

function quotedJson(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : `"${text.replace(/[^ !#-[\]-~]/g, escaped)}"`;
}

function escaped(unit: string): string {
  return shortEscapes[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
