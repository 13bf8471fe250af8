/** Random primitives in the form in which they are printed. */
import fc from 'fast-check';
import { type Dict, dict } from '../../../src/cinder/dict.ts';
import type { Field } from '../../../src/cinder/field.ts';
import { modelNamed } from '../../../src/cinder/models.ts';
import { anyJson, anyText } from './json-values.ts';
import { envelope } from './sample.ts';

/** Any primitive of that class, with any of its fields; objects inside it down to some depth. */
export function anyPrimitive(name: string, depth = 2): fc.Arbitrary<Dict> {
  const model = modelNamed(name);
  if (model === undefined) throw new Error(`There is no model of ${name}.`);
  const fields = model.fields.map((field) => anyField(name, field, depth).map((value) => [field.name, value] as const));
  return fc
    .tuple(...fields)
    .map((entries) => envelope(name, model.version, dict(entries.filter(([, value]) => value !== undefined))));
}

/** A value of the field, null where it may be, or undefined where it is to be absent. */
function anyField(name: string, field: Field, depth: number): fc.Arbitrary<unknown> {
  const value = anyValue(field.kind, depth);
  // An absent use_quota gets a value, and so does a null one of a volume; a list always has its objects, a snapshot metadata.
  const hasMetadata = name === 'Snapshot' && field.name === 'metadata';
  const present = field.name === 'use_quota' || field.name === 'objects' || hasMetadata;
  const nullable = field.nullable && !(name === 'Volume' && field.name === 'use_quota');
  const rest = [...(nullable ? [fc.constant(null)] : []), ...(present ? [] : [fc.constant(undefined)])];
  if (value === null) return rest.length > 0 ? fc.oneof(...rest) : fc.constant([]);
  return fc.oneof(value, ...rest);
}

const anyTime = fc
  .tuple(
    fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }),
    fc.constantFrom('Z', '+00:00', '+02:00', '-03:30'),
  )
  .map(([date, zone]) => date.toISOString().replace('Z', `000${zone}`));

const dictOf = (value: fc.Arbitrary<unknown>) => fc.array(fc.tuple(anyText, value), { maxLength: 4 }).map(dict);

/** Null where there are no values: objects that cinderlib never writes, and those that are too deep. */
function anyValue(kind: Field['kind'], depth: number): fc.Arbitrary<unknown> | null {
  if (typeof kind === 'object') {
    if ('enum' in kind) return fc.constantFrom(...kind.enum);
    const inside = 'objects' in kind ? kind.objects : kind.object;
    if (depth === 0 || modelNamed(inside) === undefined) return null;
    const object = anyPrimitive(inside, depth - 1);
    return 'objects' in kind ? fc.array(object, { maxLength: 2 }) : object;
  }
  switch (kind) {
    case 'string':
    case 'uuid':
      return anyText;
    case 'integer':
      return fc.oneof(fc.maxSafeInteger(), fc.constant(2n ** 70n));
    case 'boolean':
      return fc.boolean();
    case 'datetime':
      return anyTime;
    case 'strings':
      return fc.array(anyText, { maxLength: 3 });
    case 'dictOfStrings':
      return dictOf(anyText);
    case 'dictOfNullableStrings':
      return dictOf(fc.oneof(anyText, fc.constant(null)));
    case 'dictOfAnything':
      return dictOf(anyJson);
  }
}
