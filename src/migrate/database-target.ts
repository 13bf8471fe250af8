/** Writes to a database with Cinder's tables, everything in one transaction. */
import { aboutItem } from '../about-item.ts';
import { isDict } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { DEFAULT_TYPE } from '../cinder/volume-type.ts';
import type { BulkWriter } from '../persistence/bulk-writer.ts';
import { carryCommand } from '../persistence/commands-from-objects.ts';
import type { DatabasePersistence } from '../persistence/database.ts';
import { type KeyValue, storableKeyValue } from '../persistence/key-value.ts';
import type { SingleWrite } from '../rpc/contract.ts';
import { type Item, replaceField, shallowCopy } from './item.ts';
import { keyOf, type Target } from './target.ts';

export class DatabaseTarget implements Target {
  readonly defaultTypeIds = new Set<string>();
  readonly #storage: DatabasePersistence;
  /** Types already written: a type shared by many volumes is written only once. */
  readonly #types = new Set<string>();
  /** Identifies this dry run; null in a real one. */
  #dryRun: string | null = null;
  #bulk: BulkWriter | null = null;

  constructor(storage: DatabasePersistence) {
    this.#storage = storage;
  }

  get defaultType(): VersionedObject | null {
    return this.#storage.defaultType;
  }

  /** Each database has its own type `__DEFAULT__`: the source's is replaced with the target's. */
  expected({ kind, ovo }: Item): VersionedObject {
    const expected = shallowCopy(ovo);
    if (kind === 'connection') return expected;
    const id = this.defaultType?.get('id') ?? null;
    const type = ovo.child('volume_type');
    const own = ovo.get('volume_type_id') || null;
    const isDefault = type === null ? this.defaultTypeIds.has(String(own)) : type.get('name') === DEFAULT_TYPE;
    if (isDefault) replaceField(expected, 'volume_type', undefined);
    if (isDefault || (kind === 'volume' && own === null && type === null)) replaceField(expected, 'volume_type_id', id);
    return expected;
  }

  fieldsWithoutPlace({ ovo }: Item): readonly string[] {
    return ovo.model.fields.flatMap(({ name, column }) =>
      column || stored.has(name) || isEmpty(ovo.get(name)) ? [] : [name],
    );
  }

  async begin(dryRun: boolean): Promise<void> {
    this.#dryRun = dryRun ? crypto.randomUUID() : null;
    if (!dryRun) this.#bulk = await this.#storage.bulk();
  }

  async store(items: readonly Item[]): Promise<void> {
    await this.#append(
      items.map((item) => {
        const ovo = this.expected(item);
        const type = ovo.child('volume_type')?.get('id');
        const isNew = type !== undefined && !this.#types.has(String(type));
        this.#types.add(String(type));
        return named(item, () => carryCommand(ovo, isNew));
      }),
    );
  }

  async storeKeyValues(keyValues: readonly KeyValue[]): Promise<void> {
    await this.#append(
      keyValues.map((keyValue) => ({ kind: 'setKeyValue', ...storableKeyValue(keyValue), guarded: true })),
    );
  }

  async commit(): Promise<void> {
    const bulk = this.#bulk;
    this.#bulk = null;
    await bulk?.commit();
  }

  async rollback(): Promise<void> {
    const bulk = this.#bulk;
    this.#bulk = null;
    await bulk?.rollback();
  }

  /** Connections are read together with their volumes. */
  async find(items: readonly Item[]): Promise<ReadonlyMap<string, VersionedObject>> {
    const found = new Map<string, VersionedObject>();
    const idsOf = (kind: Item['kind'], field: string): string[] =>
      items.flatMap((item) => (item.kind === kind ? [String(item.ovo.get(field))] : []));
    const volumes = [...new Set([...idsOf('volume', 'id'), ...idsOf('connection', 'volume_id')])];
    if (volumes.length > 0) {
      for (const volume of await this.#storage.scanVolumes({ ids: volumes })) {
        found.set(keyOf({ kind: 'volume', id: String(volume.get('id')) }), volume);
        for (const connection of volume.children('volume_attachment')) {
          found.set(keyOf({ kind: 'connection', id: String(connection.get('id')) }), connection);
        }
      }
    }
    const snapshots = idsOf('snapshot', 'id');
    if (snapshots.length > 0) {
      for (const snapshot of await this.#storage.scanSnapshots({ ids: snapshots })) {
        found.set(keyOf({ kind: 'snapshot', id: String(snapshot.get('id')) }), snapshot);
      }
    }
    return found;
  }

  keyValues(): Promise<readonly KeyValue[]> {
    return this.#storage.getKeyValues();
  }

  async #append(commands: readonly SingleWrite[]): Promise<void> {
    if (this.#dryRun !== null) await this.#storage.checkWrites(this.#dryRun, commands);
    else await this.#bulk?.append(commands);
  }
}

function named<T>(item: Item, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw aboutItem(error, keyOf(item));
  }
}

/** Fields that are not columns but are stored in tables of their own. */
const stored = new Set(['metadata', 'admin_metadata', 'volume_type']);

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return isDict(value) && Object.keys(value).length === 0;
}
