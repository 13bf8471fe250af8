/** Describes the classes of Cinder's versioned objects as data. */
import type { Field, FieldKind, ObjectName } from './field.ts';

export interface ObjectModel {
  readonly name: ObjectName;
  /** The version that this library writes, also the newest that it reads. */
  readonly version: string;
  /** The fields, in the order in which Cinder prints them. */
  readonly fields: readonly Field[];
  /** The index of each field in `fields`. */
  readonly index: ReadonlyMap<string, number>;
}

/** A field as model files write it: `[name, kind, traits]`. */
export type FieldRow = readonly [name: string, kind: FieldKind, traits?: FieldTraits];

interface FieldTraits {
  /** `false` for the few fields that must have a value. */
  readonly nullable?: false;
  readonly default?: boolean | string;
  /** `false` if the table has no such column. */
  readonly column?: false;
}

export function objectModel(name: ObjectName, version: string, rows: readonly FieldRow[]): ObjectModel {
  const fields = rows.map(([fieldName, kind, traits]) => {
    const field = { name: fieldName, kind, nullable: traits?.nullable ?? true, column: traits?.column ?? true };
    return traits?.default === undefined ? field : { ...field, default: traits.default };
  });
  return { name, version, fields, index: new Map(fields.map((field, place) => [field.name, place])) };
}

/** The model of a list class: one field, `objects`. */
export function listModel(of: ObjectName, version: string): ObjectModel {
  return objectModel(`${of}List`, version, [['objects', { objects: of }, { nullable: false, column: false }]]);
}
