/** Reads key-values from a storage, and checks them as `read-objects.ts` does; only migrations and the program need it. */
import type { PersistenceDriver } from './driver.ts';
import type { KeyValue } from './key-value.ts';
import { checked } from './read-objects.ts';

/** @throws {InvalidPersistence} if the storage gives something else */
export function readKeyValues(storage: PersistenceDriver, key?: string): Promise<readonly KeyValue[]> {
  return checked(storage, 'getKeyValues', storage.getKeyValues(key), isKeyValue, 'KeyValues');
}

/** Whether it has the two properties; it need not be an instance of the class. */
function isKeyValue(found: KeyValue | undefined): boolean {
  return typeof found?.key === 'string' && (found.value === null || typeof found.value === 'string');
}
