/** The fields of Cinder's objects: which values each kind accepts, and how it coerces them. */
import { InvalidQoSSpecs, isCinderlibError, ValueError } from '../errors/index.ts';
import { shownPlain } from '../shown.ts';
import { type Dict, dict, entriesOf, isDict } from './dict.ts';
import { digitsOf, integerOf, narrow, parseInteger } from './python-int.ts';
import { pythonStr, pythonType } from './python-str.ts';
import { parseTime } from './time.ts';
import { copyTree } from './tree.ts';

/** The name of a class of versioned objects, such as `Volume`. */
export type ObjectName = string;

export type FieldKind =
  | 'string'
  | 'uuid'
  | 'integer'
  | 'boolean'
  | 'datetime'
  /** A list of strings. */
  | 'strings'
  /** String to string. */
  | 'dictOfStrings'
  /** String to string or null. */
  | 'dictOfNullableStrings'
  /** String to any JSON value. */
  | 'dictOfAnything'
  | { readonly enum: readonly string[] }
  /** A nested object of that class. */
  | { readonly object: ObjectName }
  | { readonly objects: ObjectName };

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly nullable: boolean;
  /** What null is coerced to, if the field is not nullable; absent if there is no default. */
  readonly default?: boolean | string;
  /** Whether the object's table has a column of this name. */
  readonly column: boolean;
}

/** Coerces a value for a field. Nested objects are returned as they are. */
export function coerce(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return emptyValue(field);
  try {
    return coerced(field, value);
  } catch (cause) {
    if (isCinderlibError(cause)) throw cause;
    // Thrown by a proxy or getter of the caller.
    throw new ValueError(`The value of field ${field.name} cannot be read.`, { cause });
  }
}

function coerced(field: Field, value: unknown): unknown {
  const { kind, name } = field;
  if (typeof kind === 'object') return 'enum' in kind ? coerceEnum(field, kind.enum, value) : value;
  switch (kind) {
    case 'string':
      return coerceString(name, value);
    case 'uuid':
      return coerceUuid(name, value);
    case 'integer':
      return coerceInteger(value);
    case 'boolean':
      return truth(value);
    case 'datetime':
      return parseTime(value);
    case 'strings':
      return coerceList(name, value);
    case 'dictOfStrings':
    case 'dictOfNullableStrings':
      return coerceStrings(name, value, kind === 'dictOfNullableStrings');
    case 'dictOfAnything':
      // A copy, since the caller may go on to change the object.
      return jsonOnly(name, copyTree(expectDict(name, value)));
  }
}

function emptyValue(field: Field): unknown {
  if (field.nullable) return null;
  if (field.default !== undefined) return field.default;
  throw new ValueError(`Field \`${field.name}' cannot be None`);
}

function coerceEnum(field: Field, values: readonly string[], value: unknown): string {
  const text = coerceString(field.name, value);
  if (values.includes(text)) return text;
  if (field.name === 'consumer') {
    throw new InvalidQoSSpecs(
      `Invalid qos specs: Valid consumer of QoS specs are: ${values.join(', ')}; not ${shownPlain(text)}`,
    );
  }
  throw new ValueError(`Field value ${shownPlain(text)} is invalid`);
}

function coerceString(name: string, value: unknown): string {
  if (isScalar(value)) return pythonStr(value);
  throw new ValueError(`A string is required in field ${name}, not a ${pythonType(value)}`);
}

/** Cinder accepts any Python value and takes its `str()`. The text of JavaScript-only values is never intended. */
function coerceUuid(name: string, value: unknown): string {
  if (Array.isArray(value) || isDict(value)) return pythonStr(value);
  return coerceString(name, value);
}

function isScalar(value: unknown): boolean {
  return value instanceof Number || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** Python's `int()`; a bigint beyond 2^53, so that no digit is lost. */
function coerceInteger(value: unknown): number | bigint {
  if (typeof value === 'string') return parseInteger(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return integerOf(digitsOf(value));
  if (typeof value === 'number' || value instanceof Number) {
    const number = Number(value);
    if (Number.isNaN(number)) throw new ValueError('cannot convert float NaN to integer');
    if (!Number.isFinite(number)) throw new ValueError('cannot convert float infinity to integer');
    return narrow(BigInt(Math.trunc(number)));
  }
  throw new ValueError(
    `int() argument must be a string, a bytes-like object or a real number, not '${pythonType(value)}'`,
  );
}

/** Python's truth value: empty strings, lists and dicts are false, `"no"` is true. */
function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isDict(value)) return Object.keys(value).length > 0;
  if (value instanceof Number) return value.valueOf() !== 0;
  return Boolean(value) || Number.isNaN(value);
}

function coerceList(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) {
    throw new ValueError(`A list is required in field ${name}, not a ${pythonType(value)}`);
  }
  return Array.from(value, (item: unknown, index) => {
    if (item !== null && item !== undefined) return coerceString(`${name}[${index}]`, item);
    throw new ValueError(`Field \`${name}[${index}]' cannot be None`);
  });
}

function coerceStrings(name: string, value: unknown, nullable: boolean): Dict<string | null> {
  return dict(
    entriesOf(expectDict(name, value)).map(([key, item]): [string, string | null] => {
      if (item !== null && item !== undefined) return [key, coerceString(`${name}[${key}]`, item)];
      if (nullable) return [key, null];
      throw new ValueError(`Field \`${name}[${key}]' cannot be None`);
    }),
  );
}

/** Refuses early what no dump or column could hold. The tree is finite, since it was copied. */
function jsonOnly(name: string, tree: unknown): unknown {
  if (Array.isArray(tree)) for (const item of tree) jsonOnly(name, item);
  else if (isDict(tree)) for (const item of Object.values(tree)) jsonOnly(name, item);
  else if (typeof tree === 'bigint') digitsOf(tree);
  else if (tree !== null && tree !== undefined && !isScalar(tree)) {
    throw new ValueError(`The dict in field ${name} holds a ${pythonType(tree)}, which JSON cannot represent`);
  }
  return tree;
}

function expectDict(name: string, value: unknown): Dict {
  if (isDict(value)) return value;
  throw new ValueError(`A dict is required in field ${name}, not a ${pythonType(value)}`);
}
