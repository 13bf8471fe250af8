/** Opens a storage for a context. If that fails, the storage belongs to no context, or to the one that has it already. */
import type { Context } from '../objects/context.ts';
import { PersistenceDriver } from './driver.ts';

export async function openStorage(storage: PersistenceDriver, context: Context): Promise<void> {
  const isInUse = storage.isOpen;
  try {
    await storage.open(context);
  } catch (error) {
    // The storage has nothing to close yet; only the base class's reference to the context is reset.
    if (!isInUse) await PersistenceDriver.prototype.close.call(storage);
    throw error;
  }
}
