/**
 * kill -9 of a whole browser at random moments, while a page stores key-values in IndexedDB and in the origin
 * private file system: afterwards everything acknowledged is there, and nothing else except calls under way.
 * Native SQLite reads the result, from the exported file.
 *
 * A few rounds in CI; CINDERLIB_ROUNDS=100 for more, CINDERLIB_SEED=… to repeat the same pauses.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cinderlib } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { type InPage, openStoragePage, openStorageSite } from '../media/storage-page.ts';
import { missingBrowser, openBrowser, type Page } from '../support/browsers/browser.ts';
import { type Entry, Ledger } from '../support/ledger.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { nativeSql } from '../support/tables.ts';

declare const lib: InPage['lib'];
declare const open: InPage['open'];
declare const exported: InPage['exported'];

const media = ['indexeddb', 'opfs'] as const;
type Medium = (typeof media)[number];

/** When the browser is killed: at most `within` milliseconds after the page has reported `after`. */
const moments = {
  'while it opens': { after: /^"opening"$/, within: 250, from: 0 },
  'while it begins to store': { after: /^"open"$/, within: 300, from: 0 },
  // However slow the machine, something was acknowledged by then.
  'while it stores': { after: /"done":true/, within: 700, from: 0 },
  // After the rest that precedes it: folding moves the changed blocks into extents.
  'while it folds': { after: /^"resting"$/, within: 200, from: 950 },
} as const;
type Moment = keyof typeof moments;
const picks: readonly [Moment, ...Moment[]] = [
  'while it stores',
  'while it stores',
  'while it begins to store',
  'while it folds',
  'while it opens',
];
/** After so many rounds a new database is begun, since creating one is a moment to test too. */
const roundsPerDatabase = 10;

interface Orders {
  readonly database: number;
  readonly firstStep: number;
  /** The milliseconds after which it stops storing, and rests. */
  readonly restAfter: number;
}

/** Runs in the page: stores without end in both media, and reports each change before and after. */
function store({ database, firstStep, restAfter }: Orders): void {
  const say = (path: string, what: unknown) => fetch(path, { method: 'POST', body: JSON.stringify(what) });
  const startedAt = performance.now();
  const done: unknown[] = [];
  let step = firstStep;
  let telling = false;
  // One post at a time, so that they arrive in order; a change that was not reported does not count as acknowledged.
  const tell = async (): Promise<void> => {
    if (telling) return;
    telling = true;
    while (done.length > 0) await say('/say', done.splice(0));
    telling = false;
  };
  const storing = async (cl: Cinderlib, medium: string): Promise<void> => {
    while (performance.now() - startedAt < restAfter) {
      const steps = Array.from({ length: 10 }, () => {
        step += 1;
        return { step, object: `${medium} key ${step % 600}`, content: step % 10 === 0 ? null : String(step) };
      });
      await say('/say', steps);
      for (const { step, object, content } of steps) {
        const key = object.slice(medium.length + 1);
        const pair = new lib.KeyValue(key, `${step}:${'x'.repeat((step * 7919) % 9000)}`);
        if (content === null) await cl.persistence.deleteKeyValue(pair);
        else await cl.persistence.setKeyValue(pair);
        done.push({ step, done: true });
        void tell();
      }
    }
  };
  const one = async (medium: string): Promise<void> => {
    const cl = await open({ connection: `sqlite:///killed-${database}`, medium });
    await say('/phase', 'open');
    // Three at a time, so that some share a flush; no two of them use the same key at the same time.
    await Promise.all([storing(cl, medium), storing(cl, medium), storing(cl, medium)]);
    await say('/phase', 'resting');
  };
  const run = async (): Promise<void> => {
    await say('/phase', 'opening');
    await Promise.all([one('indexeddb'), one('opfs')]);
  };
  run().catch((error: unknown) => say('/problem', String(error)));
}

/** Exports both databases, as files that native SQLite can open. */
async function readBoth(page: Page, database: number): Promise<Record<Medium, string>> {
  return page.evaluate(async (database: number) => {
    const files: Record<string, string> = {};
    for (const medium of ['indexeddb', 'opfs']) {
      const cl = await open({ connection: `sqlite:///killed-${database}`, medium });
      files[medium] = await exported(cl);
      await cl.close();
    }
    return files as Record<'indexeddb' | 'opfs', string>;
  }, database);
}

/** What native SQLite finds: for each object, the step that wrote it. */
function contents(folder: string, medium: Medium, base64: string): Map<string, string> {
  const path = join(folder, 'exported.sqlite');
  writeFileSync(path, Buffer.from(base64, 'base64'));
  const run = (sql: string): string => nativeSql(path, sql);
  expect(run('PRAGMA integrity_check')).toBe('ok');
  const found = new Map<string, string>();
  const rows = run(
    `SELECT key, substr(value, 1, instr(value, ':') - 1), length(value) FROM cinderlib_persistence_key_value`,
  );
  for (const row of rows.split('\n').filter(Boolean)) {
    const [key, step, length] = row.split('|');
    const whole = Number(length) === String(step).length + 1 + ((Number(step) * 7919) % 9000);
    found.set(`${medium} ${key}`, whole ? String(step) : `torn: ${row}`);
  }
  rmSync(path);
  return found;
}

test.for([
  ['chromium', 3],
  ['firefox', 2],
] as const)(
  'no acknowledged change is lost when %s is killed',
  { timeout: timeFor(rounds(4), 6000) },
  async ([name, usual], { skip }) => {
    const missing = missingBrowser(name);
    if (missing !== null) return skip(missing);
    const random = new Random();
    const folder = mkdtempSync(join(tmpdir(), 'kill-browser-'));
    const profile = join(folder, 'profile');
    let ledger = new Ledger();
    const site = await openStorageSite(name, profile);
    let acknowledged = 0;
    let browser = site.browser;
    let read = 0;
    try {
      for (let round = 0; round < rounds(usual); round++) {
        const database = Math.floor(round / roundsPerDatabase);
        if (round % roundsPerDatabase === 0) ledger = new Ledger();
        const moment = round === 0 ? 'while it stores' : random.pick(picks);
        const { after, within, from } = moments[moment];
        const where = `seed ${random.seed}, round ${round}, ${moment}`;

        const page = await openStoragePage(browser, site.server.origin);
        const orders = { database, firstStep: round * 1_000_000, restAfter: moment === 'while it folds' ? 1500 : 1e9 };
        const begun = site.server.posts.length;
        await page.evaluate(store, orders);
        await until(() => site.server.posts.slice(begun).some(({ body }) => after.test(body)));
        await sleep(from + random.next() * within);
        await browser.kill();
        // Everything that was sent before has been read by now, or never will be.
        await sleep(50);
        for (const { path, body } of site.server.posts.slice(read)) {
          if (path === '/problem') throw new Error(`${where}: ${body}`);
          // In the form in which `store` posts it.
          if (path === '/say') for (const entry of JSON.parse(body) as Entry[]) ledger.note(entry);
        }
        acknowledged += ledger.acknowledged;
        ledger.acknowledged = 0;
        read = site.server.posts.length;

        browser = await openBrowser(name, { profile });
        const again = await openStoragePage(browser, site.server.origin);
        const files = await readBoth(again, database);
        const found = media.flatMap((medium) => [...contents(folder, medium, files[medium])]);
        expect(ledger.settle(new Map(found)), where).toEqual([]);
        await again.close();
      }
      console.log(`${name}: ${rounds(usual)} rounds, ${acknowledged} changes acknowledged, seed ${random.seed}`);
      expect(acknowledged).toBeGreaterThan(0);
    } finally {
      await browser.close();
      await site[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 60_000) throw new Error('The page does not come that far.');
    await sleep(5);
  }
}
