/** What a user sees of the media in real browsers: a database lasts, exports as one file, and is shared by openers. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Page } from '../support/browsers/browser.ts';
import { goldenBytes } from '../support/golden.ts';
import { nativeView } from './native-copy.ts';
import type { InPage } from './storage-page.ts';
import { useStorageSite } from './use-storage-site.ts';

declare const lib: InPage['lib'];
declare const open: InPage['open'];
declare const create: InPage['create'];
declare const names: InPage['names'];
declare const exported: InPage['exported'];
declare const failure: InPage['failure'];

interface Config {
  readonly connection: string;
  readonly medium: 'indexeddb' | 'opfs';
}

describe.each(['chromium', 'firefox'] as const)('%s', (browser) => {
  const site = useStorageSite(browser);
  let page: Page;

  test('no large database is read in one piece, which Firefox refuses from 245 MB on', {
    timeout: 60_000,
  }, async (context) => {
    page = await site.newPage(context);
    const { most, read } = await page.evaluate(async () => {
      const persistence_config = { storage: 'db', connection: 'sqlite:///large', medium: 'indexeddb' };
      const config = { persistence_config, worker: false };
      const writing = await lib.setup(config);
      await writing.persistence.setKeyValue(new lib.KeyValue('large', 'x'.repeat(8_000_000)));
      await writing.close();
      const { getAll } = IDBObjectStore.prototype;
      let most = 0;
      IDBObjectStore.prototype.getAll = function (...range) {
        const request = getAll.apply(this, range);
        request.addEventListener('success', () => {
          most = Math.max(most, request.result.length);
        });
        return request;
      };
      const reading = await lib.setup(config);
      const [found] = await reading.persistence.getKeyValues('large');
      await reading.close();
      return { most, read: found?.value?.length };
    });
    await page.close();
    expect(read).toBe(8_000_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(256);
  });

  let made = 0;
  describe.each(['indexeddb', 'opfs'] as const)('%s', (medium) => {
    let config: Config;
    beforeEach(async (context) => {
      made += 1;
      config = { connection: `sqlite:///database-${made}`, medium };
      page = await site.newPage(context);
      return () => page.close();
    });

    test('a saved volume is there after the page was reloaded', { timeout: 60_000 }, async () => {
      const info = await page.evaluate(async (options: Config) => {
        const cl = await open({ ...options });
        for (const name of ['a', 'b', 'c']) await create(cl, name);
        return cl.info();
      }, config);
      expect(info).toMatchObject({ runtime: 'browser', medium, durability: 'full', read_only: false });
      expect(info.size).toBeGreaterThan(100_000);
      // Without closing, as users leave pages.
      const again = await site.running.newPage();
      await page.close();
      page = again;
      const found = await page.evaluate(async (options: Config) => {
        const cl = await open({ ...options });
        const seen = await names(cl);
        await create(cl, 'd');
        return { seen, all: await names(cl) };
      }, config);
      expect(found).toEqual({ seen: ['a', 'b', 'c'], all: ['a', 'b', 'c', 'd'] });
    });

    test('native SQLite reads the exported file, even if others write meanwhile', {
      timeout: 60_000,
    }, async () => {
      const { text, before, after } = await page.evaluate(async (options: Config) => {
        const cl = await open({ ...options });
        await create(cl, 'first');
        const writing = Promise.all(Array.from({ length: 40 }, (_, n) => create(cl, `other ${n}`)));
        const before = await names(cl);
        const text = await exported(cl);
        const after = await names(cl);
        await writing;
        await cl.close();
        return { text, before, after };
      }, config);
      const view = nativeView(text);
      expect(view).toMatchObject({ integrity: 'ok', journal: 'delete' });
      expect(view.names).toEqual(expect.arrayContaining(before));
      expect(after).toEqual(expect.arrayContaining([...view.names]));
    });

    test('an exported file can seed a new database, but not replace one', {
      timeout: 60_000,
    }, async () => {
      const result = await page.evaluate(async (options: Config) => {
        const first = await open({ ...options });
        await create(first, 'carried');
        const file = await first.exportDatabase();
        await first.close();
        const copy = { ...options, connection: `${options.connection}-copy` };
        const second = await open({ ...copy, from: file });
        const carried = await names(second);
        await second.close();
        const refused = await failure(open({ ...copy, from: file }));
        const noFile = await failure(
          open({ ...options, connection: `${options.connection}-x`, from: new Blob(['no database at all, but text']) }),
        );
        const third = await open({ ...copy });
        const kept = await names(third);
        await third.close();
        return { carried, refused, noFile, kept };
      }, config);
      expect(result).toMatchObject({
        carried: ['carried'],
        refused: { name: 'DatabaseExists', message: expect.stringContaining('already exists') },
        noFile: { name: 'NotADatabase' },
        kept: ['carried'],
      });
    });

    test('a second opener shares the database', { timeout: 60_000 }, async () => {
      const result = await page.evaluate(async (options: Config) => {
        const first = await open({ ...options });
        const second = await open({ ...options });
        await create(second, 'shared');
        const leaders = [await first.info(), await second.info()].map(({ leader }) => leader);
        const found = await names(first);
        await first.close();
        const later = await names(second);
        await second.close();
        return { leaders, found, later };
      }, config);
      expect(result).toEqual({ leaders: [true, false], found: ['shared'], later: ['shared'] });
    });

    test('a read_only context refuses changes, and sees each change of others', { timeout: 60_000 }, async () => {
      const result = await page.evaluate(async (options: Config) => {
        const reading = { ...options, read_only: true };
        const absent = await failure(open({ ...reading }));
        const writer = await open({ ...options });
        await create(writer, 'one');
        await writer.close();
        const reader = await open({ ...reading });
        const first = await names(reader);
        const refused = await failure(create(reader, 'no'));
        const again = await open({ ...options });
        await create(again, 'two');
        await again.close();
        const second = await names(reader);
        const text = await exported(reader);
        const info = await reader.info();
        await reader.close();
        return { absent, first, refused, second, text, info };
      }, config);
      expect(result).toMatchObject({
        absent: { name: 'DatabaseUnavailable' },
        first: ['one'],
        refused: { name: 'ReadOnly' },
        second: ['one', 'two'],
        info: { read_only: true, medium },
      });
      expect(nativeView(result.text)).toMatchObject({ integrity: 'ok', names: ['one', 'two'] });
    });

    test('a failed creation leaves no database and no file', {
      timeout: 60_000,
    }, async () => {
      const left = await page.evaluate(async ({ connection, medium }: Config) => {
        const config = { connection, medium };
        const error = await failure(open({ ...config, from: new Uint8Array(5000).fill(7) }));
        const databases = (await indexedDB.databases()).map(({ name }) => name);
        const files: string[] = [];
        const root: unknown = await navigator.storage.getDirectory();
        for await (const name of (root as { keys(): AsyncIterable<string> }).keys()) files.push(name);
        const name = connection.slice('sqlite:///'.length);
        const left = [...databases, ...files].filter((one) => one?.includes(name));
        return { error: error?.name, left };
      }, config);
      expect(left).toEqual({ error: 'NotADatabase', left: [] });
    });
  });

  test('a database in memory takes no medium, and a browser has no medium filesystem', {
    timeout: 60_000,
  }, async (context) => {
    page = await site.newPage(context);
    const errors = await page.evaluate(async () => [
      await failure(open({ connection: 'sqlite://', medium: 'indexeddb' })),
      await failure(open({ connection: 'sqlite:///x', medium: 'filesystem' })),
    ]);
    expect(errors).toMatchObject([
      { name: 'InvalidPersistence', message: expect.stringContaining('is an in-memory database') },
      {
        name: 'InvalidPersistence',
        message: expect.stringContaining('Choose indexeddb or opfs, or the storage memory_db.'),
      },
    ]);
  });

  test('an error about a database says which one it is', {
    timeout: 60_000,
  }, async (context) => {
    page = await site.newPage(context);
    const errors = await page.evaluate(
      async (texts: readonly string[]) => {
        const from = texts.map((text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
        const fault = (config: Parameters<typeof open>[0]): Promise<unknown> =>
          open(config).catch(({ name, path, message }) => ({ name, path, message }));
        return [
          await fault({ connection: 'sqlite:///two', medium: 'indexeddb', from: from[0] }),
          await fault({ connection: 'sqlite:///untyped', medium: 'opfs', from: from[1] }),
        ];
      },
      ['rev-two.sqlite.gz', 'no-default-type.sqlite.gz'].map((file) =>
        Buffer.from(goldenBytes(file)).toString('base64'),
      ),
    );
    const [schema, type] = ['indexeddb:two', 'opfs:untyped'];
    expect(errors).toEqual([
      { name: 'SchemaError', path: schema, message: expect.stringMatching(/^indexeddb:two: The database cannot be/) },
      {
        name: 'VolumeTypeNotFoundByName',
        path: type,
        message: 'Volume type with name __DEFAULT__ could not be found.',
      },
    ]);
  });

  test('during writes, a reader of IndexedDB sees whole commits, and opening OPFS read_only is refused', {
    timeout: 60_000,
  }, async (context) => {
    page = await site.newPage(context);
    const seen = await page.evaluate(async () => {
      const config = { connection: 'sqlite:///busy', medium: 'indexeddb' };
      const writer = await open(config);
      await create(writer, 'first');
      const reader = await open({ ...config, read_only: true });
      let reading = true;
      const writing = (async () => {
        for (let n = 0; n < 60; n++) await create(writer, `volume ${n}`);
        reading = false;
      })();
      const counts: number[] = [];
      while (reading) counts.push((await names(reader)).length);
      await writing;
      counts.push((await names(reader)).length);
      await reader.close();
      await writer.close();
      const opfs = { connection: 'sqlite:///busy', medium: 'opfs' };
      const holder = await open(opfs);
      const error = await failure(open({ ...opfs, read_only: true }));
      await holder.close();
      return { counts, error };
    });
    expect(seen.counts).toEqual([...seen.counts].sort((a, b) => a - b));
    expect(seen.counts.at(-1)).toBe(61);
    expect(seen.error).toMatchObject({ name: 'DatabaseLocked' });
  });

  test('with read_only, no SharedWorker is started', { timeout: 60_000 }, async (context) => {
    page = await site.newPage(context);
    const started = await page.evaluate(async () => {
      const Native = SharedWorker;
      let count = 0;
      globalThis.SharedWorker = class extends Native {
        constructor(...given: ConstructorParameters<typeof Native>) {
          super(...given);
          count += 1;
        }
      };
      const use = async (worker: boolean, read_only: boolean): Promise<number> => {
        const before = count;
        const config = { storage: 'db', connection: 'sqlite:///alone', read_only };
        await (await lib.setup({ persistence_config: config, worker })).close();
        return count - before;
      };
      const writing = [await use(true, false), await use(false, false)];
      return { writing, reading: [await use(true, true), await use(false, true)] };
    });
    expect(started).toEqual({ writing: [1, 1], reading: [0, 0] });
  });

  test('with worker: false, IndexedDB works on the page, and OPFS is refused with the reason', {
    timeout: 60_000,
  }, async (context) => {
    page = await site.newPage(context);
    const result = await page.evaluate(async () => {
      const config = (medium: string) => ({ storage: 'db', connection: 'sqlite:///here', medium });
      const cl = await lib.setup({ persistence_config: config('indexeddb'), worker: false });
      await create(cl, 'here');
      const found = await names(cl);
      await cl.close();
      const error = await failure(lib.setup({ persistence_config: config('opfs'), worker: false }));
      return { found, error };
    });
    expect(result).toMatchObject({
      found: ['here'],
      error: { name: 'DatabaseUnavailable', message: expect.stringContaining('createSyncAccessHandle') },
    });
  });
});
