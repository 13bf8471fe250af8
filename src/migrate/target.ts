/** What a migration writes to. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import type { Item } from './item.ts';

export interface Target {
  /** The item as the target is to store it; read-only. Must be called for volumes before their children. */
  expected(item: Item): VersionedObject;
  /** The non-empty fields of the item that the target cannot store. */
  fieldsWithoutPlace(item: Item): readonly string[];
  /** @param dryRun whether to check what is to be stored, as in a real run, and then not write it */
  begin(dryRun: boolean): Promise<void>;
  /** @throws {MigrationConflict} if the target has another object with the id of an item, or one that differs without being older */
  store(items: readonly Item[]): Promise<void>;
  /** @throws {MigrationConflict} if the target has a different value */
  storeKeyValues(keyValues: readonly KeyValue[]): Promise<void>;
  commit(): Promise<void>;
  /** Rolls back what was stored, if the target can. */
  rollback(): Promise<void>;
  /** The stored objects for these items, as far as they exist, by {@link keyOf}. */
  find(items: readonly Item[]): Promise<ReadonlyMap<string, VersionedObject>>;
  keyValues(): Promise<readonly KeyValue[]>;
  /** The type `__DEFAULT__`; null if each volume has its own copy. */
  readonly defaultType: VersionedObject | null;
  /** The ids of the type `__DEFAULT__` in the source. */
  readonly defaultTypeIds: Set<string>;
}

export function keyOf({ kind, id }: Pick<Item, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
