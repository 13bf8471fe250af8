/** When persistent storage is requested from a browser: rarely, since it may prompt the user. */
import { afterEach, expect, test, vi } from 'vitest';
import type { CoreClient } from '../../../src/rpc/client.ts';

afterEach(() => void vi.unstubAllGlobals());

/** A page, in a browser that has granted persistent storage or not. */
async function page(isPersisted: boolean) {
  vi.resetModules();
  const { databaseAt } = await import('../../../src/persistence/database-storage.ts');
  const persist = vi.fn(async () => false);
  vi.stubGlobal('navigator', { storage: { persist, persisted: async () => isPersisted } });
  const never = (): Promise<CoreClient> => expect.unreachable('only opening it starts a core');
  /** Creates the storage; returns how often persistent storage has been requested so far. */
  return async (options: object): Promise<number> => {
    await databaseAt({ connection: 'sqlite:///x', medium: 'indexeddb', ...options }, never);
    await new Promise((done) => setTimeout(done, 0));
    return persist.mock.calls.length;
  };
}

test('persistent storage is requested once per page, by the first context that may write', async () => {
  const requests = await page(false);
  expect(await requests({ read_only: true })).toBe(0);
  expect(await requests({ ask_to_persist: false })).toBe(0);
  expect(await requests({ medium: 'filesystem' })).toBe(0);
  expect(await requests({ medium: 'opfs' })).toBe(1);
  expect(await requests({})).toBe(1);
});

test('persistent storage is not requested where it is granted already', async () => {
  const requests = await page(true);
  expect(await requests({})).toBe(0);
});
