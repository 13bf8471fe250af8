/**
 * Chromium's log of IndexedDB, after a kill or a full disk in the middle of a write: Chromium would append to the torn log,
 * find it corrupt at a later start, and remove all databases of the site.
 */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { missingBrowser } from '../support/browsers/browser.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { noSmallDisk, SmallDisk } from '../support/small-disk.ts';
import { inChromium } from './chromium-sessions.ts';
import type { InPage } from './storage-page.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const failure: InPage['failure'];
/** What a test keeps open between its programs. */
declare const cl: Awaited<ReturnType<typeof open>>;

const timeout = 120_000;

/** What the page is to do with a database: store a pair under each of the keys, unless it only reads. */
interface Wanted {
  readonly name: string;
  readonly added?: readonly string[];
  readonly read_only?: boolean;
}

/** Runs in the page, and returns all keys that are then there, or why it cannot open the database. */
const use = async ({ name, added = [], read_only = false }: Wanted) => {
  const opening = open({ connection: `sqlite:///${name}`, read_only });
  const problem = await failure(opening);
  if (problem !== null) return problem;
  const cl = await opening;
  for (const key of added) await put(cl, key);
  return keys(cl);
};

const gone = expect.objectContaining({
  name: 'DatabaseCorrupt',
  message: expect.stringMatching(/has removed .* "IndexedDB .*"/),
});

function newestLog(profile: string): string {
  const databases = join(profile, 'Default/IndexedDB');
  const origin = readdirSync(databases).find((name) => name.endsWith('.indexeddb.leveldb')) ?? '';
  const logs = readdirSync(join(databases, origin)).filter((name) => name.endsWith('.log'));
  return join(databases, origin, logs.sort().at(-1) ?? '');
}

/** Without the end of its last record, as if the kill had come before that was written. */
function tear(log: string): void {
  truncateSync(log, statSync(log).size - 10);
}

function damage(log: string): void {
  const bytes = readFileSync(log);
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 100);
  writeFileSync(log, bytes);
}

// Nothing tells whether the torn record was of the last pair, or of what Chromium keeps about it.
const withoutTorn = (...later: readonly string[]) => [
  ['1', ...later],
  ['1', '2', ...later],
];

test('a log that a kill has torn costs nothing that was acknowledged', { timeout }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  await inTemporaryFolder((profile) =>
    inChromium(profile, async ({ page, kill }) => {
      expect(await (await page()).evaluate(use, { name: 'a', added: ['1', '2'] })).toEqual(['1', '2']);
      await kill();
      tear(newestLog(profile));
      expect(withoutTorn('3')).toContainEqual(await (await page()).evaluate(use, { name: 'a', added: ['3'] }));
      await kill();
      expect(withoutTorn('3', '4')).toContainEqual(await (await page()).evaluate(use, { name: 'a', added: ['4'] }));
      await kill();
      expect(withoutTorn('3', '4')).toContainEqual(await (await page()).evaluate(use, { name: 'a' }));
    }),
  );
});

test('nor does it if the database is only read before Chromium ends', { timeout }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  await inTemporaryFolder((profile) =>
    inChromium(profile, async ({ page, kill, quit }) => {
      await (await page()).evaluate(use, { name: 'a', added: ['1', '2'] });
      await kill();
      tear(newestLog(profile));
      const reading = await page();
      expect(withoutTorn()).toContainEqual(await reading.evaluate(use, { name: 'a', read_only: true }));
      // Some seconds later Chromium itself adds to the log.
      await sleep(6000);
      await reading.close();
      await quit();
      expect(withoutTorn()).toContainEqual(await (await page()).evaluate(use, { name: 'a' }));
    }),
  );
});

test('nor does a log that a full disk has torn', { timeout }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  await inTemporaryFolder(async (profile) => {
    const disk = SmallDisk.mount(join(profile, 'Default/IndexedDB'), 4);
    if (disk === null) return context.skip(noSmallDisk);
    try {
      await inChromium(profile, async ({ page, quit }) => {
        const tab = await page();
        await tab.evaluate(async () => {
          const cl = await open({ connection: 'sqlite:///a' });
          for (const key of ['1', '2']) await put(cl, key);
          Object.assign(globalThis, { cl });
        });
        disk.fill(12);
        expect(await tab.evaluate(() => failure(put(cl, 'big', 'x'.repeat(30_000))))).not.toBeNull();
        disk.clear();
        const after = await tab.evaluate(async () => {
          await cl.refresh();
          await put(cl, '3');
          return keys(cl);
        });
        expect(after).toEqual(['1', '2', '3']);
        await quit();
        expect(await (await page()).evaluate(use, { name: 'a' })).toEqual(['1', '2', '3']);
      });
    } finally {
      disk.unmount();
    }
  });
});

test('databases that Chromium has removed are not replaced by empty ones in silence', { timeout }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  await inTemporaryFolder((profile) =>
    inChromium(profile, async ({ page, kill }) => {
      const first = await page();
      for (const name of ['a', 'b']) await first.evaluate(use, { name, added: ['1'] });
      await kill();
      damage(newestLog(profile));
      const [tab, other] = [await page(), await page()];
      // As when tabs are restored: both are told, though Chromium tells only one of them.
      expect(await Promise.all([tab, other].map((each) => each.evaluate(use, { name: 'a' })))).toEqual([gone, gone]);
      expect(await tab.evaluate(use, { name: 'b' })).toEqual(gone);
      await sleep(10_500);
      for (const name of ['a', 'b']) expect(await tab.evaluate(use, { name, added: ['3'] })).toEqual(['3']);
    }),
  );
});
