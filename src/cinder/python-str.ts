/** Python's `str()` and type names, for messages and for fields that convert any value to text. */
import { entriesOf, isDict } from './dict.ts';
import { floatRepr } from './python-float.ts';
import { checkDepth } from './tree.ts';

/** The name of the Python type that corresponds to this value. */
export function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (isFloat(value)) return 'float';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'int';
    default:
      return isDict(value) ? 'dict' : className(value);
  }
}

function className(value: unknown): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'object';
}

/**
 * Whether a value is a float to Python. A JavaScript number beyond 2^53 can only have come from a float.
 * `structuredClone` turns a `PythonFloat` into a plain `Number`.
 */
export function isFloat(value: unknown): boolean {
  return value instanceof Number || (typeof value === 'number' && !Number.isSafeInteger(value));
}

/** Python's `str(value)`. */
export function pythonStr(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function pythonRepr(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (isFloat(value)) {
    const text = floatRepr(Number(value));
    return text.replace('NaN', 'nan').replace('Infinity', 'inf');
  }
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  checkDepth(depth);
  if (Array.isArray(value)) return `[${Array.from(value, (item) => pythonRepr(item, depth + 1)).join(', ')}]`;
  if (isDict(value)) {
    return `{${entriesOf(value)
      .map(([key, item]) => `${quoted(key)}: ${pythonRepr(item, depth + 1)}`)
      .join(', ')}}`;
  }
  return `<${pythonType(value)} object>`;
}

/** Python's `repr` of a string: in single quotes, unless it contains single but no double quotes. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/(?! )[\\'"\p{C}\p{Z}]/gu, (character) => {
    if (character === "'" || character === '"') return character === quote ? `\\${quote}` : character;
    return shortEscapes[character] ?? codeEscape(character.codePointAt(0) ?? 0);
  });
  return quote + escaped + quote;
}

const shortEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Python's escape of a character that is not printable. */
function codeEscape(code: number): string {
  const [letter, width] = code > 0xffff ? (['U', 8] as const) : code > 0xff ? (['u', 4] as const) : (['x', 2] as const);
  return `\\${letter}${code.toString(16).padStart(width, '0')}`;
}
