/** OPFS when it fails, or when something else uses the file: waiting calls are told, and nothing is stored by half. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Page } from '../support/browsers/browser.ts';
import { nativeView } from './native-copy.ts';
import type { InPage } from './storage-page.ts';
import { useStorageSite } from './use-storage-site.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const exported: InPage['exported'];
declare const failure: InPage['failure'];
declare const fail: InPage['fail'];

const timeout = 60_000;

describe.each(['chromium', 'firefox'] as const)('%s', (browser) => {
  const site = useStorageSite(browser);
  let page: Page;
  let made = 0;
  let name = '';
  beforeEach(async (context) => {
    made += 1;
    name = `faulty-${made}.sqlite`;
    page = await site.newPage(context);
    return () => page.close();
  });

  test.each([
    ['no space to write', 'write', 'StorageFailure'],
    // The log was written whole: after a crash, the change may still come back.
    ['a flush that fails', 'flush', 'OutcomeUnknown'],
  ])('%s fails the call, changes nothing, and the next call works', { timeout }, async (_, fault, error) => {
    const result = await page.evaluate(
      async ({ name, fault }: { name: string; fault: string }) => {
        const config = { connection: `sqlite:///${name}`, medium: 'opfs' };
        const cl = await open(config);
        await put(cl, 'before');
        await fail({ fault, times: 1000 });
        const errors = [await failure(put(cl, 'one')), await failure(put(cl, 'two'))];
        await fail();
        const seen = await keys(cl);
        await put(cl, 'after');
        const text = await exported(cl);
        await cl.close();
        const again = await open(config);
        const stored = await keys(again);
        await again.close();
        return { errors, seen, stored, text };
      },
      { name, fault },
    );
    expect(result.errors).toMatchObject([{ name: error }, { name: error }]);
    if (error === 'StorageFailure') {
      expect(result.errors[0]).toMatchObject({ errno: 'QuotaExceeded', message: expect.stringContaining('Free some') });
    }
    expect(result.seen).toEqual(['before']);
    expect(result.stored).toEqual(['after', 'before']);
    expect(nativeView(result.text)).toMatchObject({ integrity: 'ok', journal: 'delete', keys: result.stored });
  });

  test('a file that another worker holds open is refused as locked, and opens once it is released', {
    timeout,
  }, async () => {
    const result = await page.evaluate(async (name: string) => {
      const holder = new Worker('/site/holder.js');
      await new Promise((resolve) => {
        holder.onmessage = resolve;
        holder.postMessage(name);
      });
      const error = await failure(open({ connection: `sqlite:///${name}`, medium: 'opfs' }));
      holder.terminate();
      const cl = await open({ connection: `sqlite:///${name}`, medium: 'opfs' });
      await put(cl, 'free');
      const stored = await keys(cl);
      await cl.close();
      return { error, stored };
    }, name);
    expect(result).toMatchObject({
      error: {
        name: 'DatabaseLocked',
        message: expect.stringContaining('another tab or worker of this site has its file'),
      },
      stored: ['free'],
    });
  });

  test('a browser without access handles gives an error, and no other medium is used instead', {
    timeout,
  }, async () => {
    const error = await page.evaluate(
      (name: string) => failure(open({ connection: `sqlite:///${name}`, medium: 'opfs', query: '?without-handles' })),
      name,
    );
    expect(error).toMatchObject({
      name: 'DatabaseUnavailable',
      message: expect.stringContaining('FileSystemFileHandle.createSyncAccessHandle'),
    });
  });

  test('a file that is no database is refused and left as it is', { timeout }, async () => {
    const result = await page.evaluate(async (name: string) => {
      const root = await navigator.storage.getDirectory();
      const writable = await (await root.getFileHandle(name, { create: true })).createWritable();
      await writable.write('a shopping list, longer than the header of a database');
      await writable.close();
      const error = await failure(open({ connection: `sqlite:///${name}`, medium: 'opfs' }));
      const text = await (await (await root.getFileHandle(name)).getFile()).text();
      const files: string[] = [];
      const entries: unknown = root;
      for await (const one of (entries as { keys(): AsyncIterable<string> }).keys()) files.push(one);
      return { error, text, files: files.filter((one) => one.startsWith(name)) };
    }, name);
    expect(result).toMatchObject({
      error: { name: 'NotADatabase' },
      text: 'a shopping list, longer than the header of a database',
      files: [name],
    });
  });

  test('a closed database is a single file, in the folder that its path names', { timeout }, async () => {
    const files = await page.evaluate(async (name: string) => {
      const cl = await open({ connection: `sqlite:///some/folder/${name}`, medium: 'opfs' });
      await put(cl, 'key');
      await cl.close();
      const root = await navigator.storage.getDirectory();
      const folder: unknown = await (await root.getDirectoryHandle('some')).getDirectoryHandle('folder');
      const found: string[] = [];
      for await (const one of (folder as { keys(): AsyncIterable<string> }).keys()) found.push(one);
      return found.filter((one) => one.startsWith(name));
    }, name);
    expect(files).toEqual([name]);
  });
});
