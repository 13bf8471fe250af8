/**
 * A versioned object (OVO) of Cinder: typed fields, which of them are set, and which have changed.
 *
 * A field that is not set is not the same as one that is null: dumps leave it out.
 */
import { ValueError } from '../errors/index.ts';
import { coerce, type Field } from './field.ts';
import type { ObjectModel } from './object-model.ts';
import { pythonType } from './python-str.ts';

/** What every copy of the library knows its objects by: the program has one of its own beside that of plugins. */
const brand = Symbol.for('cinderlib-wasm.versioned-object');

/** Shared by all: few of many objects are ever being saved. */
const none: readonly number[] = [];

export class VersionedObject {
  readonly model: ObjectModel;
  /** The version that the object was made or loaded with; it is printed again as it came. */
  readonly version: string;
  /** One place for each field of the model; undefined where it is not set. */
  readonly #values: unknown[];
  /** When each field was assigned, counted in assignments. */
  readonly #changed = new Map<string, number>();
  #assignments = 0;
  /** The field that {@link fill} gave its value. */
  #filled: string | null = null;
  /** Of each save under way, how many assignments it can know of: those after it are for the next one. */
  #saves: readonly number[] = none;

  constructor(model: ObjectModel, version: string = model.version) {
    this.model = model;
    this.version = version;
    this.#values = new Array<unknown>(model.fields.length);
  }

  /** Whether it is such an object, also one of another copy of the library. */
  static is(value: unknown): value is VersionedObject {
    return typeof value === 'object' && value !== null && Reflect.get(value, brand) === true;
  }

  get [brand](): true {
    return true;
  }

  /** The value of a field; undefined when it is not set or there is no such field. */
  get(name: string): unknown {
    const place = this.model.index.get(name);
    return place === undefined ? undefined : this.#values[place];
  }

  isSet(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Assigns a field as Cinder would: the value is coerced and the field marked as changed. */
  set(name: string, value: unknown): void {
    this.restore(name, value);
    this.#changed.set(name, ++this.#assignments);
  }

  /** Gives a field the value that it has in storage or in a dump: coerced, but not marked as changed. */
  restore(name: string, value: unknown): void {
    const [place, field] = this.#place(name);
    this.#values[place] = acceptNested(field, coerce(field, value));
  }

  /** Gives a field that did not come with the object the empty value that Cinder shows there. */
  fill(name: string, empty: unknown): void {
    this.restore(name, empty);
    this.#filled = name;
  }

  /** Whether the field was filled: as long as it is empty it says nothing of what is stored. */
  isFilled(name: string): boolean {
    return this.#filled === name;
  }

  /** Gives a field by its place a value that is known to be of its kind: for rows, which are many. */
  restoreAt(place: number, value: unknown): void {
    this.#values[place] = value;
  }

  unset(name: string): void {
    this.#values[this.#place(name)[0]] = undefined;
    this.#changed.delete(name);
  }

  /** The names of the fields that were assigned since the object was made, loaded or saved. */
  get changedFields(): ReadonlySet<string> {
    return new Set(this.#changed.keys());
  }

  markChanged(name: string): void {
    this.#place(name);
    this.#changed.set(name, ++this.#assignments);
  }

  /**
   * Forgets the changes of these fields, or of all. While the object is being saved only of those that every save
   * under way knows of: which of them is done is known to {@link beginSave} alone.
   */
  resetChanges(names: Iterable<string> = [...this.#changed.keys()]): void {
    this.#forget(names, Math.min(this.#assignments, ...this.#saves));
  }

  /**
   * Begins a save of the object; `saving` in save-marks.ts is who calls it. What is given back ends the save: with
   * true the changes that there were at its beginning are forgotten, unless their field was assigned again.
   */
  beginSave(): (isStored: boolean) => void {
    const known = this.#assignments;
    this.#saves = [...this.#saves, known];
    return (isStored) => {
      this.#saves = this.#saves.toSpliced(this.#saves.indexOf(known), 1);
      if (isStored) this.#forget([...this.#changed.keys()], known);
    };
  }

  /** The object in this field, where there is one. */
  child(name: string): VersionedObject | null {
    const value = this.get(name);
    return value instanceof VersionedObject ? value : null;
  }

  /** The elements of the list object in this field; none where there is no list. */
  children(name: string): readonly VersionedObject[] {
    const objects = this.child(name)?.get('objects');
    return Array.isArray(objects) ? objects : [];
  }

  #forget(names: Iterable<string>, known: number): void {
    for (const name of names) if ((this.#changed.get(name) ?? 0) <= known) this.#changed.delete(name);
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
