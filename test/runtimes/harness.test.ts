/** The browsers that tests drive do what test/support/browsers promises: pages, tabs, profiles, kill, close. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { browserNames, missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { startServer } from '../support/browsers/static-server.ts';

const site = { '/': { type: 'text/html', body: '<!doctype html><title>blank</title>' } };

describe.each(browserNames)('%s', (name) => {
  test('runs programs in two tabs at once, and reports their errors', async (context) => {
    const missing = missingBrowser(name);
    if (missing !== null) return context.skip(missing);
    await using server = await startServer(site);
    await using browser = await openBrowser(name);
    const [one, other] = [await browser.newPage(`${server.origin}/`), await browser.newPage(`${server.origin}/`)];
    const heard = one.evaluate(
      () =>
        new Promise((resolve) => {
          new BroadcastChannel('tabs').onmessage = ({ data }) => resolve(data);
          Reflect.set(globalThis, 'listening', true);
        }),
    );
    await expect.poll(() => one.evaluate('globalThis.listening === true')).toBe(true);
    await other.evaluate((text) => new BroadcastChannel('tabs').postMessage(text), 'from the other tab');
    expect(await heard).toBe('from the other tab');
    const error = one.evaluate("Promise.reject(Object.assign(new RangeError('too far'), { code: 'FAR' }))");
    await expect(error).rejects.toMatchObject({ name: 'RangeError', message: 'too far', code: 'FAR' });
    await one.close();
    expect(await other.evaluate('1 + 1')).toBe(2);
    expect(server.log.filter((line) => line === '200 /')).toHaveLength(2);
  }, 120_000);

  test('keeps its profile when it is killed', async (context) => {
    const missing = missingBrowser(name);
    if (missing !== null) return context.skip(missing);
    if (name === 'webkit') return context.skip('WebKitGTK keeps nothing while a driver holds it');
    await using server = await startServer(site);
    const profile = mkdtempSync(join(tmpdir(), 'profile-'));
    try {
      const browser = await openBrowser(name, { profile });
      const page = await browser.newPage(`${server.origin}/`);
      await page.evaluate(
        () =>
          new Promise<void>((resolve, reject) => {
            const opening = indexedDB.open('kept', 1);
            opening.onupgradeneeded = () => void opening.result.createObjectStore('store');
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => resolve();
          }),
      );
      await browser.kill();
      await using again = await openBrowser(name, { profile });
      const later = await again.newPage(`${server.origin}/`);
      expect(await later.evaluate('indexedDB.databases().then((all) => all.map((one) => one.name))')).toEqual(['kept']);
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  }, 120_000);
});

describe('Chromium', () => {
  test('can freeze and resume a tab, and crash the process of a tab', async (context) => {
    const missing = missingBrowser('chromium');
    if (missing !== null) return context.skip(missing);
    await using server = await startServer(site);
    await using browser = await openBrowser('chromium');
    const [ticking, watching] = [
      await browser.newPage(`${server.origin}/`),
      await browser.newPage(`${server.origin}/`),
    ];
    await watching.evaluate(() => {
      Reflect.set(globalThis, 'ticks', 0);
      new BroadcastChannel('ticks').onmessage = () =>
        Reflect.set(globalThis, 'ticks', Reflect.get(globalThis, 'ticks') + 1);
    });
    await ticking.evaluate(() => {
      const channel = new BroadcastChannel('ticks');
      setInterval(() => channel.postMessage(0), 10);
    });
    const ticks = (): Promise<number> => watching.evaluate<number>('globalThis.ticks');
    await expect.poll(ticks).toBeGreaterThan(0);
    await ticking.freeze?.(true);
    // Messages under way still arrive.
    await new Promise((waited) => setTimeout(waited, 500));
    const before = await ticks();
    await new Promise((waited) => setTimeout(waited, 500));
    expect(await ticks()).toBe(before);
    await ticking.freeze?.(false);
    await expect.poll(ticks).toBeGreaterThan(before);
    await ticking.crash?.();
    // Nothing is left to answer: the call fails, or never settles.
    const silence = new Promise((waited) => setTimeout(waited, 2000, 'silence'));
    expect(await Promise.race([ticking.evaluate('1').catch(() => 'an error'), silence])).not.toBe(1);
  }, 120_000);
});
