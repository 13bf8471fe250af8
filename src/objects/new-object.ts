/** Creates the versioned object of something new from defaults and the caller's fields. */
import type { ObjectModel } from '../cinder/object-model.ts';
import { utcNow } from '../cinder/time.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { ValueError } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { randomUuid } from '../runtime.ts';
import { shownPlain } from '../shown.ts';

/** Fields by name, as passed by a caller; checked and coerced when they are set. */
export type FieldValues = Readonly<Record<string, unknown>>;

/**
 * A new object of the model. Unless given, `created_at` is now, `id` is a new UUID, and the other fields have their
 * default or, if nullable, null. All fields count as changed.
 */
export function newObject(model: ObjectModel, given: FieldValues): VersionedObject {
  const object = new VersionedObject(model);
  const values = new Map(Object.entries(given));
  for (const name of values.keys()) {
    if (!model.index.has(name)) throw new ValueError(unknownField(model, name));
  }
  if (!values.get('id')) values.set('id', randomUuid());
  if (!values.get('created_at')) values.set('created_at', utcNow());
  for (const field of model.fields) {
    const value = values.get(field.name);
    if (value !== undefined) object.set(field.name, value);
    else if (field.default !== undefined) object.set(field.name, field.default);
    else if (field.nullable) object.set(field.name, null);
  }
  return object;
}

function unknownField(model: ObjectModel, name: string): string {
  return `${model.name} has no field ${shownPlain(name)}.${didYouMean(name, [...model.index.keys(), 'name', 'description'])}`;
}

/** Translates `name` and `description`, short for `display_name` and `display_description`. */
export function withDisplayNames({ name, description, ...fields }: FieldValues): FieldValues {
  return {
    ...fields,
    ...(name === undefined ? {} : { display_name: name }),
    ...(description === undefined ? {} : { display_description: description }),
  };
}
