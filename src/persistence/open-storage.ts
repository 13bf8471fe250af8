/** Opens a storage for a context. One that could not be opened is nobody's, and may be tried again. */
import type { Context } from '../objects/context.ts';
import { PersistenceDriver } from './driver.ts';

export async function openStorage(storage: PersistenceDriver, context: Context): Promise<void> {
  try {
    await storage.open(context);
  } catch (error) {
    // The storage itself has nothing to close; what all of them have from the beginning is the context.
    await PersistenceDriver.prototype.close.call(storage);
    throw error;
  }
}
