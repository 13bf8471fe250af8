/** What a migration writes to. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { KeyValue } from '../objects/key-value.ts';
import type { Item } from './item.ts';

export interface Target {
  /** The item as the target is to hold it: to be read, not to be changed. Volumes are asked for before what belongs to them. */
  expected(item: Item): VersionedObject;
  /** The fields of the item with something in them that the target has no place for. */
  fieldsWithoutPlace(item: Item): readonly string[];
  begin(): Promise<void>;
  /** @throws {MigrationConflict} when the target has another object of the same id, or a later state of it */
  store(items: readonly Item[]): Promise<void>;
  /** @throws {MigrationConflict} when the target has another value */
  storeKeyValues(keyValues: readonly KeyValue[]): Promise<void>;
  commit(): Promise<void>;
  /** Takes back what was stored, where the target can. */
  rollback(): Promise<void>;
  /** What the target holds of these items, by {@link keyOf}. */
  find(items: readonly Item[]): Promise<ReadonlyMap<string, VersionedObject>>;
  keyValues(): Promise<readonly KeyValue[]>;
  /** The type `__DEFAULT__`; null where each volume has its own copy. */
  readonly defaultType: VersionedObject | null;
  /** Ids that mean the type `__DEFAULT__` in the source. */
  readonly defaultTypeIds: Set<string>;
}

export const DEFAULT_TYPE = '__DEFAULT__';

export function keyOf({ kind, id }: Pick<Item, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
