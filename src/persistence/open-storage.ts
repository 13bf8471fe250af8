/** Opens and closes storages for contexts. A storage belongs to one context at a time: its changes are reported there. */
import { InvalidPersistence } from '../errors/index.ts';
import type { Context } from '../objects/context.ts';
import { PersistenceDriver } from './driver.ts';

const inUse = 'This storage is in use by another context. Close that one, or give this one a storage of its own.';

/** @throws InvalidPersistence for a storage that a context has open; it stays that context's */
export async function openStorage(storage: PersistenceDriver, context: Context): Promise<void> {
  if (storage.isOpen) throw new InvalidPersistence(inUse);
  try {
    await storage.open(context);
  } catch (error) {
    // There is nothing to close yet.
    await release(storage);
    throw error;
  }
}

export async function closeStorage(storage: PersistenceDriver): Promise<void> {
  try {
    await storage.close();
  } finally {
    await release(storage);
  }
}

/** Lets another context have the storage, also if a plugin's `close` does not call the base class's. */
async function release(storage: PersistenceDriver): Promise<void> {
  await PersistenceDriver.prototype.close.call(storage);
}
