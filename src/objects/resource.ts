/** The base class of volumes, snapshots and connections: fields, JSON, saving. */
import { booleanOptions } from '../arguments.ts';
import { refuseAssignments } from '../assignments.ts';
import type { Dict } from '../cinder/dict.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { VolumeNotFound } from '../errors/index.ts';
import { inspect } from '../inspect.ts';
import { compact, jsonText } from '../serialization/json-text.ts';
import { toPlainDict, toPrimitive } from '../serialization/primitive.ts';
import type { Backend } from './backend.ts';
import type { Context } from './context.ts';
import { refuseArguments } from './refuse-arguments.ts';
import { refuseNew } from './refuse-new.ts';
import { FieldHolder } from './with-fields.ts';

/** The classes whose objects can be dumped and loaded individually. */
export type ResourceClass = 'Volume' | 'Snapshot' | 'Connection';

/** A volume, snapshot or connection in a dump. */
export interface ResourceJson {
  /** The object's class. */
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
    refuseArguments(Resource, 'json', 'jsons', 'dump', 'dumps', 'toDict');
  }

  /** @param backend null for a connection whose backend is unknown, since its volume is no longer stored */
  constructor(context: Context, backend: Backend | string | null, ovo: VersionedObject) {
    super();
    refuseNew(VersionedObject.is(ovo));
    this.context = context;
    this.#backend = backend;
    this.#ovo = ovo;
  }

  /** The class name used in dumps. */
  protected abstract get resourceClass(): ResourceClass;
  /** The fields whose objects `simplified` JSON omits. */
  protected abstract get simplifiedWithout(): readonly string[];
  /** Loads what `dump` includes beyond `json`. */
  protected abstract loadForDump(): Promise<void>;
  /** Stores the object: all of it if it is new or unchanged, else only the changed fields. */
  abstract save(): Promise<void>;
  /** Reads the object again from the storage. */
  abstract refresh(): Promise<void>;

  /**
   * The backend, or only its name if it is not initialised and `fail_on_missing_backend` is false.
   * Throws `VolumeNotFound` for a connection whose volume is no longer stored.
   */
  get backend(): Backend | string {
    if (this.#backend !== null) return this.#backend;
    throw new VolumeNotFound(String(this.#ovo.get('volume_id')));
  }

  override get ovo(): VersionedObject {
    return this.#ovo;
  }

  /** Replaces the state with that of the same object as read again. */
  protected replaceOvo(ovo: VersionedObject): void {
    this.#ovo = ovo;
  }

  get id(): string {
    return String(this.#ovo.get('id') ?? '');
  }

  /** The object in dump format, with whatever is loaded. */
  json(): ResourceJson {
    return this.toJson({ simplified: false });
  }

  /** {@link json} as text, identical to the text that Python's cinderlib produces. */
  jsons(): string {
    return this.toJsons({ simplified: false });
  }

  /** Like {@link json}, but loads the snapshots and connections of a volume first. */
  async dump(): Promise<ResourceJson> {
    await this.loadForDump();
    return this.json();
  }

  /** {@link dump} as text. */
  async dumps(): Promise<string> {
    await this.loadForDump();
    return this.jsons();
  }

  /**
   * Like {@link json}, but `simplified`, the default as in the original, omits the snapshots and connections of a
   * volume, and the volume of a snapshot or connection.
   */
  toJson(options: { simplified?: boolean } = {}): ResourceJson {
    return this.#shown(booleanOptions('toJson', options, { simplified: true }));
  }

  /** {@link toJson} as text. */
  toJsons(options: { simplified?: boolean } = {}): string {
    return jsonText(this.#shown(booleanOptions('toJsons', options, { simplified: true })), compact);
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

  /** Only the fields, with each object under its lower-cased name. The result cannot be loaded again. */
  toDict(): Dict {
    // The primitive of an object is always a dict.
    return toPlainDict(toPrimitive(this.#ovo)) as Dict;
  }

  /** What `JSON.stringify` shows: no fields, since some are secrets. For a dump, use {@link json}. */
  toJSON(): { readonly class: ResourceClass; readonly id: string } {
    return { class: this.resourceClass, id: this.id };
  }

  override toString(): string {
    return `<${this.resourceClass} ${this.id}>`;
  }

  /** What identifies the object to a human reader, without any field that may be a secret. */
  protected abstract get summary(): string;

  /** The text that Node, Deno and Bun print for the object. */
  [inspect](): string {
    return `<${this.resourceClass} ${this.id}${this.summary}>`;
  }
}
