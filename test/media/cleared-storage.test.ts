/** The data of a site is cleared while its database is open: no save counts as stored any more, and nothing hangs. */
import { describe, expect, test } from 'vitest';
import type { Page } from '../support/browsers/browser.ts';
import type { InPage } from './storage-page.ts';
import { useStorageSite } from './use-storage-site.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const exported: InPage['exported'];
declare const failure: InPage['failure'];
declare let cl: Awaited<ReturnType<typeof open>>;

const timeout = 60_000;

describe('chromium', () => {
  const site = useStorageSite('chromium');
  test.for(['indexeddb', 'opfs'])(
    'clearing the data of the site fails every later call, on %s',
    { timeout },
    async (medium, context) => {
      const page = await site.newPage(context);
      const config = { connection: `sqlite:///cleared-${medium}`, medium };
      await page.evaluate(async (config) => {
        Object.assign(globalThis, { cl: await open(config) });
        await put(cl, 'before');
      }, config);
      await page.clearStorage?.();
      const found = await page.evaluate(async () => {
        // The file is looked for twice a second.
        await new Promise((done) => setTimeout(done, 600));
        const calls = [
          () => put(cl, 'one'),
          () => put(cl, 'two'),
          () => keys(cl),
          () => exported(cl),
          () => cl.refresh(),
        ];
        const errors = [];
        for (const call of calls) errors.push(await failure(call()));
        return { errors, closing: await failure(cl.close()) };
      });
      const expected = {
        name: 'DatabaseChanged',
        message: expect.stringMatching(/was removed while it was open: nothing was stored\. Reload the page/),
      };
      expect(found).toMatchObject({ errors: Array(5).fill(expected), closing: null });
      await page.close();

      const again = await site.newPage(context);
      const stored = await again.evaluate(async (config) => {
        const cl = await open(config);
        await put(cl, 'after');
        const stored = await keys(cl);
        await cl.close();
        return stored;
      }, config);
      expect(stored).toEqual(['after']);
      await again.close();
    },
  );

  test('a database on OPFS that is cleared and not used afterwards can be closed', { timeout }, async (context) => {
    const page = await site.newPage(context);
    await page.evaluate(async () => {
      Object.assign(globalThis, { cl: await open({ connection: 'sqlite:///unused', medium: 'opfs' }) });
      await put(cl, 'before');
    });
    await page.clearStorage?.();
    expect(await page.evaluate(() => failure(cl.close()))).toBeNull();
    await page.close();
  });

  test.for(['indexeddb', 'opfs'])(
    'a tab that opens the database first after that has a new one, and the tabs from before are told, on %s',
    { timeout },
    async (medium, context) => {
      const config = { connection: `sqlite:///divided-${medium}`, medium, busy_timeout: 1000 };
      const join = async (page: Page, key: string): Promise<void> => {
        await page.evaluate(
          async ({ config, key }) => {
            Object.assign(globalThis, { cl: await open(config) });
            await put(cl, key);
          },
          { config, key },
        );
      };
      const [leader, follower] = [await site.newPage(context), await site.running.newPage()];
      await join(leader, 'of the leader');
      await join(follower, 'of the follower');
      await leader.clearStorage?.();
      const newcomer = await site.running.newPage();
      await join(newcomer, 'of the newcomer');

      const expected = { name: 'DatabaseChanged', message: expect.stringContaining('Reload the page') };
      for (const page of [leader, follower]) {
        const calls = await page.evaluate(async () => [await failure(put(cl, 'lost')), await failure(keys(cl))]);
        expect(calls).toMatchObject([expected, expected]);
      }
      expect(await newcomer.evaluate(() => keys(cl))).toEqual(['of the newcomer']);
      for (const page of [leader, follower, newcomer]) {
        expect(await page.evaluate(() => failure(cl.close()))).toBeNull();
        await page.close();
      }
    },
  );

  test('a page that knows its database on OPFS to be cleared can be left', { timeout }, async (context) => {
    const page = await site.newPage(context);
    await page.evaluate(async () => {
      Object.assign(globalThis, { cl: await open({ connection: 'sqlite:///left', medium: 'opfs' }) });
      await put(cl, 'before');
    });
    await page.clearStorage?.();
    const found = await page.evaluate(async () => {
      await new Promise((done) => setTimeout(done, 600));
      const saving = await failure(put(cl, 'one'));
      // As when the user goes elsewhere and comes back.
      for (const type of ['pagehide', 'pageshow']) dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
      // Its worker must answer; what, is another matter: the advice was to reload the page.
      await failure(keys(cl));
      return { saving, closing: await failure(cl.close()) };
    });
    expect(found).toMatchObject({ saving: { name: 'DatabaseChanged' }, closing: null });
    await page.close();
  });
});

describe.each(['chromium', 'firefox'] as const)('%s', (browser) => {
  const site = useStorageSite(browser);
  test('another page cannot remove the files of an open database on OPFS', { timeout }, async (context) => {
    const [page, other] = [await site.newPage(context), await site.running.newPage()];
    await page.evaluate(async () => {
      Object.assign(globalThis, { cl: await open({ connection: 'sqlite:///kept', medium: 'opfs' }) });
      await put(cl, 'before');
    });
    const removals = await other.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const files = ['kept', 'kept-journal', 'kept-wal'];
      return Promise.all(files.map((name) => root.removeEntry(name).catch(({ name }: Error) => name)));
    });
    expect(removals).toEqual(Array(3).fill('NoModificationAllowedError'));
    const stored = await page.evaluate(async () => {
      await new Promise((done) => setTimeout(done, 600));
      await put(cl, 'one');
      await cl.close();
      const again = await open({ connection: 'sqlite:///kept', medium: 'opfs' });
      const stored = await keys(again);
      await again.close();
      return stored;
    });
    expect(stored).toEqual(['before', 'one']);
    await Promise.all([page.close(), other.close()]);
  });
});
