/** IndexedDB that fails: every waiting call is rejected, nothing of it is stored, and the next change works. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Page } from '../support/browsers/browser.ts';
import { nativeView } from './native-copy.ts';
import type { InPage } from './storage-page.ts';
import { useStorageSite } from './use-storage-site.ts';

declare const open: InPage['open'];
declare const create: InPage['create'];
declare const names: InPage['names'];
declare const exported: InPage['exported'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const failure: InPage['failure'];
declare const fail: InPage['fail'];

interface Fault {
  readonly fault: string;
  readonly times: number;
  readonly opens: string | boolean;
}

const timeout = 60_000;

describe.each(['chromium', 'firefox'] as const)('%s', (browser) => {
  const site = useStorageSite(browser);
  let page: Page;
  let made = 0;
  let name = '';
  beforeEach(async (context) => {
    made += 1;
    name = `faulty-${made}`;
    page = await site.newPage(context);
    return () => page.close();
  });

  /** Stores five pairs at once while storage fails, then reads what is there, and continues. */
  const meet = (fault: Fault) =>
    page.evaluate(
      async ({ name, ...fault }: Fault & { name: string }) => {
        const config = { connection: `sqlite:///${name}` };
        const cl = await open(config);
        await put(cl, 'before');
        await fail(fault);
        const pairs = ['1', '2', '3', '4', '5'];
        const errors = await Promise.all(pairs.map((key) => failure(put(cl, key))));
        await fail();
        const during = await failure(keys(cl));
        const next = await failure(put(cl, 'after'));
        if (next !== null) await cl.refresh();
        const seen = await keys(cl);
        await put(cl, 'last');
        await cl.close();
        const again = await open(config);
        const stored = await keys(again);
        const text = await exported(again);
        await again.close();
        return { errors, during, next, seen, stored, text };
      },
      { name, ...fault },
    );

  test.each([
    ['an exhausted quota', 'quota', 'QuotaExceeded', 'Free some'],
    ['a transaction that the browser aborts again and again', 'abort', 'Abort', 'Try again'],
    ['a record that cannot be cloned', 'partial', 'DataCloneError', 'cannot be cloned'],
  ])('%s rejects every call of the flush, and stores nothing of it', { timeout }, async (_, fault, errno, advice) => {
    const { errors, during, next, seen, stored, text } = await meet({ fault, times: 1000, opens: true });
    for (const error of errors) {
      expect(error).toMatchObject({ name: 'StorageFailure', errno, message: expect.stringContaining(advice) });
    }
    expect({ during, next }).toEqual({ during: null, next: null });
    expect(seen).toEqual(['after', 'before']);
    expect(stored).toEqual(['after', 'before', 'last']);
    expect(nativeView(text)).toMatchObject({ integrity: 'ok', keys: stored });
  });

  test.each([
    ['a transaction that the browser aborts once', 'abort'],
    ['a connection that the browser closes', 'close'],
    ['a connection that the browser closes after it has stored everything', 'unanswered'],
  ])('%s is retried, and no call fails', { timeout }, async (_, fault) => {
    const { errors, next, stored, text } = await meet({ fault, times: 1, opens: true });
    expect({ errors, next }).toEqual({ errors: [null, null, null, null, null], next: null });
    expect(stored).toEqual(['1', '2', '3', '4', '5', 'after', 'before', 'last']);
    expect(nativeView(text)).toMatchObject({ integrity: 'ok', keys: stored });
  });

  test.each([
    ['before it has stored anything', 'close'],
    ['after it has stored everything', 'unanswered'],
  ])(
    'if the browser closes the connection %s and cannot reopen it, the flushed calls end with OutcomeUnknown',
    { timeout },
    async (_, fault) => {
      const found = await meet({ fault, times: 1, opens: 'UnknownError' });
      // The calls that shared the flush; the others arrived after it had failed.
      const unknown = found.errors.flatMap((error, place) =>
        error?.name === 'OutcomeUnknown' ? [String(place + 1)] : [],
      );
      expect(unknown).not.toEqual([]);
      // Memory may differ from what is stored: neither reads nor writes are allowed before refresh().
      const changed = { name: 'DatabaseChanged', message: expect.stringContaining('refresh()') };
      const others = found.errors.filter((error) => error?.name !== 'OutcomeUnknown');
      expect([...others, found.during, found.next]).toEqual(
        [...others, 1, 2].map(() => expect.objectContaining(changed)),
      );
      expect(found.seen).toEqual(fault === 'close' ? ['before'] : [...unknown, 'before']);
      expect(found.stored).toEqual([...found.seen, 'last']);
      expect(nativeView(found.text)).toMatchObject({ integrity: 'ok', keys: found.stored });
    },
  );

  test('a context whose database was taken over meanwhile reads it again before it stores anything', {
    timeout,
  }, async () => {
    const result = await page.evaluate(async (name: string) => {
      const cl = await open({ connection: `sqlite:///${name}` });
      await create(cl, 'first');
      // What a tab does first when it takes the database over.
      const request = <T>(made: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          made.onsuccess = () => resolve(made.result);
          made.onerror = () => reject(made.error);
        });
      const connection = await request(indexedDB.open(`cinderlib-wasm:${name}`));
      const header = () => connection.transaction('header', 'readwrite').objectStore('header');
      const before = await request(header().get('header'));
      await request(header().put({ ...before, epoch: before.epoch + 1 }, 'header'));
      await Promise.all([create(cl, 'second'), create(cl, 'third')]);
      const after = await request(header().get('header'));
      connection.close();
      const stored = await names(cl);
      await cl.close();
      return { epochs: after.epoch - before.epoch, stored };
    }, name);
    // One by the test, and one when the database was reopened after the refused write.
    expect(result).toEqual({ epochs: 2, stored: ['first', 'second', 'third'] });
  });

  test('a database that is deleted while it is open is not recreated', { timeout }, async () => {
    const result = await page.evaluate(async (name: string) => {
      const cl = await open({ connection: `sqlite:///${name}` });
      await create(cl, 'first');
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(`cinderlib-wasm:${name}`);
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      const error = await failure(create(cl, 'second'));
      await cl.close();
      const left = (await indexedDB.databases()).filter((one) => one.name?.includes(name));
      return { error, left };
    }, name);
    expect(result).toMatchObject({
      error: { name: 'DatabaseChanged', message: expect.stringContaining('was removed while it was open') },
      left: [],
    });
  });

  test.each([
    ['another program made', 1, 'NotADatabase', 'was not made by this library'],
    ['another program made at a higher version', 7, 'NotADatabase', 'was made by something else'],
  ])('an IndexedDB database that %s is refused and left as it is', { timeout }, async (_, version, error, reason) => {
    const result = await page.evaluate(
      async ({ name, version }: { name: string; version: number }) => {
        const openForeign = (): Promise<IDBDatabase> =>
          new Promise((resolve, reject) => {
            const request = indexedDB.open(`cinderlib-wasm:${name}`, version);
            request.onupgradeneeded = () => request.result.createObjectStore('notes').put('mine', 1);
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
        (await openForeign()).close();
        const error = await failure(open({ connection: `sqlite:///${name}` }));
        const reading = await failure(open({ connection: `sqlite:///${name}`, read_only: true }));
        const foreign = await openForeign();
        const request = foreign.transaction('notes').objectStore('notes').get(1);
        await new Promise((resolve) => (request.onsuccess = resolve));
        const stores = [...foreign.objectStoreNames];
        foreign.close();
        return { error, reading, note: request.result, stores, version: foreign.version };
      },
      { name, version },
    );
    const expected = { name: error, message: expect.stringContaining(reason) };
    expect(result).toMatchObject({ error: expected, reading: expected, note: 'mine', stores: ['notes'], version });
  });

  test.each([
    ['a header of a later version', 'header', 'format', 'NotADatabase'],
    ['an invalid header', 'header', 'size', 'DatabaseCorrupt'],
    ['a missing extent', 'extents', null, 'DatabaseCorrupt'],
  ])('opening a database with %s fails and leaves it as it is', { timeout }, async (_, store, field, error) => {
    const result = await page.evaluate(
      async ({ name, store, field }: { name: string; store: string; field: string | null }) => {
        const config = { connection: `sqlite:///${name}` };
        const cl = await open(config);
        await create(cl, 'first');
        await cl.close();
        const database: IDBDatabase = await new Promise((resolve, reject) => {
          const request = indexedDB.open(`cinderlib-wasm:${name}`);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        const settled = (request: IDBRequest): Promise<unknown> =>
          new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
        const records = database.transaction(['header', 'extents', 'blocks'], 'readwrite');
        const header = (await settled(records.objectStore('header').get('header'))) as object;
        if (field !== null) await settled(records.objectStore(store).put({ ...header, [field]: -5 }, 'header'));
        else await settled(records.objectStore(store).delete(0));
        if (field === null) await settled(records.objectStore('blocks').delete(1));
        const all = async (): Promise<string> => {
          const reading = database.transaction(['header', 'extents', 'blocks']);
          const one = async (name: string): Promise<unknown> => {
            const keys = await settled(reading.objectStore(name).getAllKeys());
            return [keys, name === 'header' ? await settled(reading.objectStore(name).getAll()) : null];
          };
          return JSON.stringify([await one('header'), await one('extents'), await one('blocks')]);
        };
        const before = await all();
        const error = await failure(open(config));
        const after = await all();
        database.close();
        return { error, same: before === after };
      },
      { name, store, field },
    );
    expect(result).toMatchObject({ error: { name: error }, same: true });
  });

  test('a browser that denies storage gives an error, and memory is not used instead', { timeout }, async () => {
    const error = await page.evaluate(async (name: string) => {
      return failure(open({ connection: `sqlite:///${name}`, query: '?denied' }));
    }, name);
    expect(error).toMatchObject({
      name: 'DatabaseUnavailable',
      message: expect.stringContaining('the browser lets this page store nothing (SecurityError)'),
    });
  });
});
