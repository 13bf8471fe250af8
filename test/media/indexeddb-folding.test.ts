/** An idle database in IndexedDB is folded into extents, and keeps its content. */
import { expect, test } from 'vitest';
import { nativeView } from './native-copy.ts';
import { type InPage, missingBrowser, openStorageSite } from './storage-page.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const exported: InPage['exported'];

test.for(['chromium', 'firefox'] as const)(
  'many small changes are folded into few records when idle, and the next opener reads them all (%s)',
  { timeout: 180_000 },
  async (name, { skip }) => {
    const missing = missingBrowser(name);
    if (missing !== null) return skip(missing);
    await using site = await openStorageSite(name);
    const page = await site.newPage();
    const result = await page.evaluate(async () => {
      const count = async (): Promise<number> => {
        const request = indexedDB.open('cinderlib-wasm:folded');
        const database: IDBDatabase = await new Promise((resolve) => {
          request.onsuccess = () => resolve(request.result);
        });
        const counting = database.transaction('blocks').objectStore('blocks').count();
        await new Promise((resolve) => (counting.onsuccess = resolve));
        database.close();
        return counting.result;
      };
      const cl = await open({ connection: 'sqlite:///folded' });
      // Each in a page of its own: an extent with several changed pages would be stored whole.
      for (let n = 0; n < 400; n++) await put(cl, `key ${n}`, 'x'.repeat(3000));
      const before = await count();
      const startedAt = performance.now();
      let after = await count();
      while (after > 256 && performance.now() - startedAt < 60_000) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        after = await count();
      }
      const written = await keys(cl);
      await cl.close();
      const again = await open({ connection: 'sqlite:///folded' });
      const found = await keys(again);
      const text = await exported(again);
      await again.close();
      return { before, after, written, found, text };
    });
    expect(result.before).toBeGreaterThan(256);
    expect(result.after).toBeLessThanOrEqual(256);
    expect(result.found).toEqual(result.written);
    expect(nativeView(result.text)).toMatchObject({ integrity: 'ok', keys: result.found });
  },
);
