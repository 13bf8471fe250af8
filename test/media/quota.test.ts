/** A quota that is really exhausted; Chromium lets a test set one. */
import { expect, test } from 'vitest';
import { nativeView } from './native-copy.ts';
import { type InPage, missingBrowser, openStorageSite } from './storage-page.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];

test.for(['indexeddb', 'opfs'])(
  'a change that exceeds the quota is refused, and stored once there is space again (%s)',
  { timeout: 120_000 },
  async (medium, { skip }) => {
    const missing = missingBrowser('chromium');
    if (missing !== null) return skip(missing);
    await using site = await openStorageSite('chromium');
    const page = await site.newPage();
    // For a while, Chromium remembers the former quota for IndexedDB.
    if (medium === 'indexeddb') await page.limitStorage?.(3_000_000);
    await page.evaluate(async (medium: string) => {
      const cl = await open({ connection: 'sqlite:///full', medium });
      await put(cl, 'before');
      Object.assign(globalThis, { cl });
      const parts = Array.from({ length: 160 }, () => crypto.getRandomValues(new Uint16Array(32_768)));
      Object.assign(globalThis, {
        text: parts.map((part) => String.fromCharCode(...part.map((code) => 33 + (code % 90)))).join(''),
      });
    }, medium);
    await page.limitStorage?.(3_000_000);
    const refused = await page.evaluate("failure(put(cl, 'large', text))");
    expect(refused).toMatchObject({ name: 'StorageFailure', errno: 'QuotaExceeded' });
    expect(await page.evaluate('keys(cl)')).toEqual(['before']);
    await page.limitStorage?.(null);
    await page.evaluate("put(cl, 'large', text)");
    const text = await page.evaluate<string>('exported(cl)');
    expect(nativeView(text)).toMatchObject({ integrity: 'ok', keys: ['before', 'large'] });
  },
);
