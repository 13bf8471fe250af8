/**
 * A versioned object (OVO) of Cinder: typed fields, which of them are set, and which have changed.
 *
 * An unset field differs from a null one: dumps omit it.
 */
import { ValueError } from '../errors/index.ts';
import { coerce, type Field } from './field.ts';
import type { ObjectModel } from './object-model.ts';
import { pythonType } from './python-str.ts';

/** Shared by all copies of the library, so that objects of a plugin's copy are recognised too. */
const objectBrand = Symbol.for('cinderlib-wasm.versioned-object');

/** Shared by all objects, since few of them are being saved at any time. */
const none: readonly number[] = [];

export class VersionedObject {
  readonly model: ObjectModel;
  /** The version that the object was created or loaded with; dumps print it unchanged. */
  readonly version: string;
  /** One element for each field of the model; undefined if the field is not set. */
  readonly #values: unknown[];
  /** The changed fields, each with the number of its latest assignment. None has changed in most of many objects. */
  #changed: Map<string, number> | null = null;
  #assignments = 0;
  /** The field that {@link fill} set. */
  #filled: string | null = null;
  /** For each save in progress, the number of assignments before it began: later ones are left to the next save. */
  #saves: readonly number[] = none;

  constructor(model: ObjectModel, version: string = model.version) {
    this.model = model;
    this.version = version;
    this.#values = new Array<unknown>(model.fields.length);
  }

  /** Whether a value is a versioned object, of this copy of the library or another. */
  static is(value: unknown): value is VersionedObject {
    return typeof value === 'object' && value !== null && Reflect.get(value, objectBrand) === true;
  }

  get [objectBrand](): true {
    return true;
  }

  /** The value of a field; undefined if it is not set or there is no such field. */
  get(name: string): unknown {
    const place = this.model.index.get(name);
    return place === undefined ? undefined : this.#values[place];
  }

  isSet(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Assigns a field like Cinder: coerces the value and marks the field as changed. */
  set(name: string, value: unknown): void {
    this.restore(name, value);
    this.markChanged(name);
  }

  /** Sets a field to its value in the storage or a dump: coerces the value without marking the field as changed. */
  restore(name: string, value: unknown): void {
    const [place, field] = this.#place(name);
    this.#values[place] = acceptNested(field, coerce(field, value));
  }

  /** Sets a field that was missing in a dump to the empty value that Cinder gives it. */
  fill(name: string, empty: unknown): void {
    this.restore(name, empty);
    this.#filled = name;
  }

  /** Whether the field was filled: while it is empty, it says nothing about what is stored. */
  isFilled(name: string): boolean {
    return this.#filled === name;
  }

  /** Sets a field by index to a value already known to be of its kind. A fast path for reading many rows. */
  restoreAt(place: number, value: unknown): void {
    this.#values[place] = value;
  }

  unset(name: string): void {
    this.#values[this.#place(name)[0]] = undefined;
    this.#changed?.delete(name);
  }

  /** The names of the fields assigned since the object was created, loaded or saved. */
  get changedFields(): ReadonlySet<string> {
    return new Set(this.#changed?.keys());
  }

  markChanged(name: string): void {
    this.#place(name);
    this.#changed ??= new Map();
    this.#changed.set(name, ++this.#assignments);
  }

  /**
   * Clears the change marks of these fields, or of all. While saves are in progress, only marks set before all of them
   * began are cleared: which save has finished is known only to {@link beginSave}.
   */
  resetChanges(names: Iterable<string> = this.changedFields): void {
    this.#forget(names, Math.min(this.#assignments, ...this.#saves));
  }

  /**
   * Begins a save of the object; called by `saving` in save-marks.ts. The returned function ends the save: called with
   * true, it clears the marks of fields that have not been assigned since the save began.
   */
  beginSave(): (isStored: boolean) => void {
    const known = this.#assignments;
    this.#saves = [...this.#saves, known];
    return (isStored) => {
      this.#saves = this.#saves.toSpliced(this.#saves.indexOf(known), 1);
      if (isStored) this.#forget(this.changedFields, known);
    };
  }

  /** The object in this field; null if there is none. */
  child(name: string): VersionedObject | null {
    const value = this.get(name);
    return value instanceof VersionedObject ? value : null;
  }

  /** The elements of the list object in this field; empty if there is no list. */
  children(name: string): readonly VersionedObject[] {
    const objects = this.child(name)?.get('objects');
    return Array.isArray(objects) ? objects : [];
  }

  #forget(names: Iterable<string>, known: number): void {
    for (const name of names) if ((this.#changed?.get(name) ?? 0) <= known) this.#changed?.delete(name);
  }

  #place(name: string): [number, Field] {
    const place = this.model.index.get(name);
    const field = place === undefined ? undefined : this.model.fields[place];
    if (place === undefined || field === undefined) {
      throw new ValueError(`${this.model.name} has no field ${name}.`);
    }
    return [place, field];
  }
}

function acceptNested(field: Field, value: unknown): unknown {
  const { kind } = field;
  if (value === null || typeof kind === 'string' || 'enum' in kind) return value;
  if ('objects' in kind) {
    if (Array.isArray(value) && value.every((item) => isA(item, kind.objects))) return value;
  } else if (isA(value, kind.object)) return value;
  const expected = 'objects' in kind ? `a list of ${kind.objects}` : kind.object;
  throw new ValueError(`An object of type ${expected} is required in field ${field.name}, not a ${pythonType(value)}`);
}

function isA(value: unknown, name: string): boolean {
  return value instanceof VersionedObject && value.model.name === name;
}
