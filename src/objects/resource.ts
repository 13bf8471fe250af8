/** What volumes, snapshots and connections have in common: fields, JSON, saving. */
import type { Dict } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { VolumeNotFound } from '../errors/index.ts';
import { givenSwitches } from '../given.ts';
import { inspect } from '../inspect.ts';
import { compact, jsonText } from '../serialization/json-text.ts';
import { toPlainDict, toPrimitive } from '../serialization/primitive.ts';
import { refuseAssignments } from './assignments.ts';
import type { Backend } from './backend.ts';
import type { Context } from './context.ts';
import { FieldHolder } from './with-fields.ts';

/** The classes whose objects can be dumped and loaded one by one. */
export type ResourceClass = 'Volume' | 'Snapshot' | 'Connection';

/** How a resource stands in a dump. */
export interface ResourceJson {
  /** What it is. */
  class: ResourceClass;
  /** The backend: its name, or with `output_all_backend_info` every option, secrets included. */
  backend: Dict;
  /** The versioned object as Cinder writes it: name, namespace, version and data. */
  ovo: Dict;
}

export abstract class Resource extends FieldHolder {
  readonly context: Context;
  readonly #backend: Backend | string | null;
  #ovo: VersionedObject;

  static {
    refuseAssignments('volume, snapshot or connection', Resource);
  }

  /** @param backend null for a connection whose volume, which would tell, is gone */
  constructor(context: Context, backend: Backend | string | null, ovo: VersionedObject) {
    super();
    this.context = context;
    this.#backend = backend;
    this.#ovo = ovo;
  }

  /** The name of the class in dumps. */
  protected abstract get resourceClass(): ResourceClass;
  /** The fields whose objects `simplified` JSON leaves out. */
  protected abstract get simplifiedWithout(): readonly string[];
  /** Loads what `dump` shows and `json` does not. */
  protected abstract loadForDump(): Promise<void>;
  /** Stores the object: all of it when it is new or untouched, else what has changed. */
  abstract save(): Promise<void>;
  /** Reads the object again from the storage. */
  abstract refresh(): Promise<void>;

  /**
   * The backend; only its name where that is not initialised and `fail_on_missing_backend` is false.
   * Throws `VolumeNotFound` for a connection whose volume is not stored any more.
   */
  get backend(): Backend | string {
    if (this.#backend !== null) return this.#backend;
    throw new VolumeNotFound(String(this.#ovo.get('volume_id')));
  }

  override get ovo(): VersionedObject {
    return this.#ovo;
  }

  /** Takes the state of the same object as it was read again. */
  protected replaceOvo(ovo: VersionedObject): void {
    this.#ovo = ovo;
  }

  get id(): string {
    return String(this.#ovo.get('id') ?? '');
  }

  /** The object as a dump shows it, with what is loaded. */
  json(): ResourceJson {
    return this.toJson({ simplified: false });
  }

  /** The text of {@link json}: the very text that Python's cinderlib gives. */
  jsons(): string {
    return this.toJsons({ simplified: false });
  }

  /** As {@link json}, after loading what belongs to the object. */
  async dump(): Promise<ResourceJson> {
    await this.loadForDump();
    return this.json();
  }

  /** The text of {@link dump}. */
  async dumps(): Promise<string> {
    await this.loadForDump();
    return this.jsons();
  }

  /**
   * As {@link json}, but `simplified` (unless told otherwise, as in the original) leaves out the
   * snapshots and connections of a volume, and the volume of the others.
   */
  toJson(options: { simplified?: boolean } = {}): ResourceJson {
    return this.#shown(givenSwitches('toJson', options, { simplified: true }));
  }

  /** The text of {@link toJson}. */
  toJsons(options: { simplified?: boolean } = {}): string {
    return jsonText(this.#shown(givenSwitches('toJsons', options, { simplified: true })), compact);
  }

  #shown({ simplified }: { readonly simplified: boolean }): ResourceJson {
    const leftOut = simplified ? this.simplifiedWithout.map((field) => this.#ovo.child(field)) : [];
    const printed = new Set(leftOut.filter((object) => object !== null));
    return {
      class: this.resourceClass,
      backend: typeof this.backend === 'string' ? { volume_backend_name: this.backend } : this.backend.config,
      ovo: toPrimitive(this.#ovo, printed),
    };
  }

  /** The fields alone, each object under its lower-cased name. What this gives cannot be loaded again. */
  toDict(): Dict {
    // The primitive of an object is a dict, and stays one.
    return toPlainDict(toPrimitive(this.#ovo)) as Dict;
  }

  /** What `JSON.stringify` shows: no field, since some are secrets. A dump is {@link json}. */
  toJSON(): { readonly class: ResourceClass; readonly id: string } {
    return { class: this.resourceClass, id: this.id };
  }

  override toString(): string {
    return `<${this.resourceClass} ${this.id}>`;
  }

  /** What tells the object from others, for people: no field that may be a secret. */
  protected abstract get summary(): string;

  /** What Node, Deno and Bun print for the object. */
  [inspect](): string {
    return `<${this.resourceClass} ${this.id}${this.summary}>`;
  }
}
