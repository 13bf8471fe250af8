/** Writes to any storage through the persistence contract: one object at a time, each only if necessary. */
import { aboutItem } from '../about-item.ts';
import { copyOf } from '../cinder/copy-of.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { MigrationConflict } from '../errors/index.ts';
import { isOlder, refuseDifferent, type Times } from '../migration-conflict.ts';
import type { Backend } from '../objects/backend.ts';
import { backendNameOf } from '../objects/backends.ts';
import type { Context } from '../objects/context.ts';
import type { PersistenceDriver, Storable } from '../persistence/driver.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import { readKeyValues } from '../persistence/read-key-values.ts';
import { readConnections, readSnapshots, readVolumes } from '../persistence/read-objects.ts';
import { fieldDifferences } from './compare.ts';
import { type Item, replaceField } from './item.ts';
import { OtherFields } from './other-fields.ts';
import { keyOf, type Target } from './target.ts';

export class DriverTarget implements Target {
  readonly defaultType = null;
  readonly defaultTypeIds = new Set<string>();
  readonly #driver: PersistenceDriver;
  readonly #context: Context;
  /** The backend of each volume, for its children, which are on the same backend but do not always name it. */
  readonly #backends = new Map<string, string>();
  readonly #others = new OtherFields();
  /** The values by their keys, read when first needed: a plugin cannot look for some of many keys, only list all. */
  #keyValues: Map<string, string | null> | null = null;
  #dryRun = false;

  constructor(driver: PersistenceDriver, context: Context) {
    this.#driver = driver;
    this.#context = context;
  }

  expected(item: Item): VersionedObject {
    return this.#resource(item).ovo;
  }

  fieldsWithoutPlace(): readonly string[] {
    return [];
  }

  /** The persistence contract has no transactions. */
  async begin(dryRun: boolean): Promise<void> {
    this.#dryRun = dryRun;
  }

  async store(items: readonly Item[]): Promise<void> {
    for (const item of items) {
      try {
        await this.#store(item);
      } catch (error) {
        throw aboutItem(error, keyOf(item));
      }
    }
  }

  async storeKeyValues(keyValues: readonly KeyValue[]): Promise<void> {
    this.#keyValues ??= new Map((await this.keyValues()).map(({ key, value }) => [key, value]));
    for (const keyValue of keyValues) {
      const { key, value } = keyValue;
      if (!this.#keyValues.has(key)) {
        if (!this.#dryRun) await this.#driver.setKeyValue(keyValue);
        // In a dry run too, which is refused where the real run would be.
        this.#keyValues.set(key, value);
      } else if (this.#keyValues.get(key) !== value) throw new MigrationConflict('key-value', key, 'another value');
    }
  }

  async commit(): Promise<void> {
    // Each object has already been stored on its own.
  }

  async rollback(): Promise<void> {
    // What was stored remains; the next run finds it and continues.
  }

  async find(items: readonly Item[]): Promise<ReadonlyMap<string, VersionedObject>> {
    const found = new Map<string, VersionedObject>();
    for (const item of items) {
      const [stored] = await this.#stored(item);
      if (stored !== undefined) found.set(keyOf(item), stored.ovo);
    }
    return found;
  }

  keyValues(): Promise<readonly KeyValue[]> {
    return readKeyValues(this.#driver);
  }

  async #store(item: Item): Promise<void> {
    const resource = this.#resource(item);
    const [stored] = await this.#stored(item);
    if (stored !== undefined) await this.#update(item, resource.ovo, stored);
    else if (!this.#dryRun) await this.#driver.setAll([resource]);
  }

  async #stored({ kind, id }: Item): Promise<readonly Storable[]> {
    switch (kind) {
      case 'volume':
        return readVolumes(this.#driver, { volume_id: id });
      case 'snapshot':
        return readSnapshots(this.#driver, { snapshot_id: id });
      case 'connection':
        return readConnections(this.#driver, { connection_id: id });
    }
  }

  /** Assigns only the fields that differ: by these a plugin may distinguish an update from a new object. */
  async #update(item: Item, expected: VersionedObject, resource: Storable): Promise<void> {
    const { ovo } = resource;
    const differing = fieldDifferences(expected, ovo);
    const others = this.#others.in(differing, expected, ovo, this.defaultTypeIds);
    // A save need not record its time here.
    const mayDiffer = isOlder(item, timesOf(expected), timesOf(ovo), false);
    if (others.length > 0 && !mayDiffer) refuseDifferent(item);
    if (differing.length === 0 || this.#dryRun) return;
    for (const { path } of differing) {
      const [name = ''] = path;
      ovo.set(name, expected.get(name));
    }
    await this.#driver.setAll([resource]);
  }

  #resource({ kind, id, ovo }: Item): Storable {
    const copy = copyOf(ovo);
    const { restore } = this.#context;
    if (kind === 'volume') {
      const backend = backendNameOf(copy);
      this.#backends.set(id, backend);
      return restore.volume(copy, this.#backend(backend));
    }
    const backend = this.#backends.get(String(copy.get('volume_id'))) ?? '';
    if (kind === 'connection') return restore.connection(copy, this.#backend(backend));
    const progress = copy.get('progress') || null;
    // A snapshot usually names its backend itself, which the context may not have initialised: so give it as the name.
    replaceField(copy, 'progress', null);
    const snapshot = restore.snapshot(copy, this.#backend(progress === null ? backend : String(progress)));
    replaceField(copy, 'progress', progress);
    return snapshot;
  }

  /** A backend of the context, or its name if it is not initialised, whatever the context thinks of such volumes. */
  #backend(name: string): Backend | string {
    return this.#context.backends.get(name) ?? name;
  }
}

function timesOf(object: VersionedObject): Times {
  return { created_at: object.get('created_at'), updated_at: object.get('updated_at') };
}
