/** Runs the benchmarks, each with its peer in the same run and on the same disk, and writes the page of figures. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { durableSaves } from './durable-saves.ts';
import { firstAnswer } from './first-answer.ts';
import { getById } from './get-by-id.ts';
import { laterContexts } from './later-contexts.ts';
import { listing } from './listing.ts';
import { loneOperations } from './lone-operations.ts';
import type { Figure } from './measure.ts';
import { migration } from './migration.ts';

const figures: Figure[] = [];
/** All of them, or those named on the command line: `npm run bench -- migration`. */
const benchmarks = { durableSaves, getById, loneOperations, listing, firstAnswer, laterContexts, migration };
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (named.length > 0 && !named.includes(name)) continue;
  for (const figure of await benchmark()) {
    console.log(
      `${figure.what.padEnd(64)} ${figure.ours.padStart(16)} ${figure.peer.padStart(16)} ${figure.ratio.padStart(7)}`,
    );
    figures.push(figure);
  }
}

const page = [
  '# Figures',
  '',
  `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, made by \`npm run bench\`.`,
  "The ratio is our rate divided by the peer's, measured in the same run on the same disk: higher is better. Absolute figures",
  'depend on the machine: run the benchmark on yours.',
  '',
  '| what | ours | peer | ratio |',
  '| --- | --- | --- | --- |',
  ...figures.map(({ what, ours, peer, ratio }) => `| ${what} | ${ours} | ${peer} | ${ratio} |`),
  '',
  'Run it with nothing else running. On Node 20 a `sqlite3` process holds the native lock, which costs two round trips over a pipe for',
  'each single commit, and the start of that process for each start of ours. A process that was started also waits at its end,',
  'after the answer, until V8 has optimized the largest functions of SQLite. The peer of a migration has the same rows as text and',
  'only inserts them, in one transaction; its rate is the limit. `mariadb` is slow to read such texts.',
  '',
];
if (process.argv.includes('--write') && named.length === 0)
  writeFileSync(new URL('../bench/figures.md', import.meta.url), page.join('\n'));
