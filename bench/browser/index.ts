/** Runs the benchmarks of the browser media, each with its peer on the same page, and writes the page of figures. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, openBrowser, type Page } from '../../test/support/browsers/browser.ts';
import { startServer } from '../../test/support/browsers/static-server.ts';
import { type Figure, median } from '../measure.ts';
import { makeDatabases } from './databases.ts';

interface Entry {
  readonly contender: string;
  readonly name: string;
  readonly file: string;
  readonly count: number;
}
declare const compete: (entries: readonly Entry[], turns: number) => Promise<number[][]>;
declare const openCold: (contender: string, name: string) => Promise<number>;

/** Many short turns: other load on the machine comes and goes, so each turn is compared with its neighbour. */
const turns = 25;
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'bench-browser-'));

function figure(what: string, unit: string, ours: number, peer: number, ratio: number): Figure {
  const shown = (value: number): string => `${Math.round(value).toLocaleString('en')} ${unit}`;
  return { what, ours: shown(ours), peer: shown(peer), ratio: ratio.toFixed(2) };
}

/** The median rates of two contenders, and the median of their ratio in each turn. */
async function saves(
  page: Page,
  entries: readonly [Entry, Entry],
): Promise<[ours: number, peer: number, ratio: number]> {
  const [ours = [], peer = []] = await page.evaluate(
    ({ entries, turns }: { entries: readonly Entry[]; turns: number }) => compete(entries, turns),
    { entries, turns },
  );
  return [median(ours), median(peer), median(ours.map((rate, turn) => rate / (peer[turn] ?? Number.NaN)))];
}

async function measure(browser: Browser, origin: string): Promise<Figure[]> {
  const newPage = async (): Promise<Page> => {
    const page = await browser.newPage(`${origin}/`);
    await page.evaluate("import('/site/contenders.js').then(() => null)");
    return page;
  };
  const rate = (what: string, [ours, peer, ratio]: readonly [number, number, number]): Figure =>
    figure(`${browser.name}: ${what}`, 'saves/s', ours, peer, ratio);
  const page = await newPage();
  const small = { file: 'small.sqlite', count: 25 };
  const large = { file: 'large.sqlite', count: 25 };
  const figures = [
    rate(
      'IndexedDB, 50 MB (ours) beside 0.5 MB (ours too)',
      await saves(page, [
        { contender: 'indexeddb', name: 'large', ...large },
        { contender: 'indexeddb', name: 'small', ...small },
      ]),
    ),
    rate(
      'IndexedDB, 0.5 MB (sql.js, export() and put)',
      await saves(page, [
        { contender: 'indexeddb', name: 'small-2', ...small },
        { contender: 'naive', name: 'small', ...small, count: 5 },
      ]),
    ),
    rate(
      'IndexedDB, 50 MB (sql.js, export() and put)',
      await saves(page, [
        { contender: 'indexeddb', name: 'large-2', ...large },
        { contender: 'naive', name: 'large', ...large, count: 1 },
      ]),
    ),
    rate(
      'OPFS, 0.5 MB (sqlite-wasm opfs-sahpool, as it comes: DELETE)',
      await saves(page, [
        { contender: 'opfs', name: 'small.sqlite', ...small },
        { contender: 'sahpool delete', name: 'small.sqlite', ...small },
      ]),
    ),
    rate(
      'OPFS, 0.5 MB (sqlite-wasm opfs-sahpool, WAL)',
      await saves(page, [
        { contender: 'opfs', name: 'small-2.sqlite', ...small },
        { contender: 'sahpool wal', name: 'small-2.sqlite', ...small },
      ]),
    ),
    rate(
      'OPFS, 50 MB (sqlite-wasm opfs-sahpool, WAL)',
      await saves(page, [
        { contender: 'opfs', name: 'large.sqlite', ...large },
        { contender: 'sahpool wal', name: 'large.sqlite', ...large },
      ]),
    ),
  ];
  await page.close();
  const cold = async (contender: string, name: string): Promise<number> => {
    const times: number[] = [];
    for (let load = 0; load < 5; load++) {
      const fresh = await newPage();
      times.push(
        await fresh.evaluate(({ contender, name }: { contender: string; name: string }) => openCold(contender, name), {
          contender,
          name,
        }),
      );
      await fresh.close();
    }
    return median(times);
  };
  const opening = async (what: string, ours: readonly [string, string], peer: readonly [string, string]) => {
    const [first, second] = [await cold(...ours), await cold(...peer)];
    return figure(`${browser.name}: ${what}`, 'ms', first, second, second / first);
  };
  return [
    ...figures,
    await opening(
      'opening 50 MB in IndexedDB, to the first answer (sql.js, get)',
      ['indexeddb', 'large'],
      ['naive', 'large'],
    ),
    await opening(
      'opening 50 MB in OPFS, to the first answer (opfs-sahpool)',
      ['opfs', 'large.sqlite'],
      ['sahpool wal', 'large.sqlite'],
    ),
    await opening(
      'opening 0.5 MB in IndexedDB, to the first answer (sql.js, get)',
      ['indexeddb', 'small'],
      ['naive', 'small'],
    ),
  ];
}

const figures: Figure[] = [];
const versions: string[] = [];
try {
  await makeDatabases(data);
  await using server = await startServer({
    '/dist/': folder('../../dist/'),
    '/site/': folder('./site/'),
    '/sqlite-wasm/': folder('../node_modules/@sqlite.org/sqlite-wasm/dist/'),
    '/sql.js/': folder('../../node_modules/sql.js/dist/'),
    '/data/': `${data}/`,
    '/': { type: 'text/html', body: '<!doctype html><title>bench</title>' },
  });
  for (const name of ['chromium', 'firefox'] as const) {
    await using browser = await openBrowser(name);
    versions.push(browser.version);
    for (const one of await measure(browser, server.origin)) {
      console.log(`${one.what.padEnd(84)} ${one.ours.padStart(16)} ${one.peer.padStart(16)} ${one.ratio.padStart(7)}`);
      figures.push(one);
    }
  }
} finally {
  rmSync(data, { recursive: true, force: true });
}

const page = [
  '# Figures of browsers',
  '',
  `${versions.join(', ')}; ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, made by \`npm run bench:browser\`.`,
  'A save is `volume.save()` on the page, durable when its promise resolves; the peer in brackets updates the same row in its own',
  "worker, with one message per save. Both take turns on the same page. The ratio is our rate divided by the peer's, or the peer's time",
  'divided by ours: higher is better. Absolute figures depend on the machine: run the benchmark on yours.',
  '',
  '| what | ours | peer | ratio |',
  '| --- | --- | --- | --- |',
  ...figures.map(({ what, ours, peer, ratio }) => `| ${what} | ${ours} | ${peer} | ${ratio} |`),
  '',
  'Run it with nothing else running. Against `sahpool` in WAL mode, whose worker runs one bare statement, a whole `volume.save()` is',
  'slower in Chromium: its cost beyond the flush is ours.',
  '',
];
if (process.argv.includes('--write')) writeFileSync(folder('./figures.md'), page.join('\n'));
