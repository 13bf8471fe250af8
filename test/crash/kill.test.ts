/**
 * kill -9 at random moments: a program stores objects and reports which were acknowledged; after it was killed,
 * everything acknowledged is there, whole, and nothing else except calls under way.
 *
 * 200 rounds on Node, 80 on Deno and Bun, 40 on a new Node; CINDERLIB_ROUNDS=2000 for more, CINDERLIB_SEED=… to repeat the same pauses.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aftermath } from '../support/aftermath.ts';
import { type Entry, Ledger } from '../support/ledger.ts';
import { needs } from '../support/native-programs.ts';
import { buildProgram, type Program, startProgram } from '../support/program.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { bun, deno, newNode, node, type Runtime } from '../support/runtimes.ts';
import type { StoreOptions } from './programs/store.ts';

type Line = Entry | { readonly phase: 'opening' | 'open' | 'closing' | 'closed' };

/** When the program is killed: at most `within` milliseconds after it has reported the phase `after`. */
const moments = {
  'while it opens': { after: 'opening', within: 60, steps: 1e9 },
  'while it stores': { after: 'open', within: 150, steps: 1e9 },
  'while it closes': { after: 'closing', within: 6, steps: 5 },
} as const;
type Moment = keyof typeof moments;
/** Each round picks one; storing comes up more often than the others. */
const picks: readonly [Moment, ...Moment[]] = [
  'while it stores',
  'while it stores',
  'while it stores',
  'while it opens',
  'while it closes',
];
/** After so many rounds a new database is begun, since creating one is a moment to test too. */
const roundsPerDatabase = 12;
/** Milliseconds; long enough to create a database, for kills in the middle of that. */
const firstOpening = 350;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  program = await buildProgram(new URL('./programs/store.ts', import.meta.url), folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const totals = () => ({ rounds: 0, acknowledged: 0, torn: 0, closed: 0 });

test.for([
  ['node', node, 200],
  ['new node', newNode, 40],
  ['deno', deno, 80],
  ['bun', bun, 80],
] as const)(
  'no acknowledged change is lost by kill -9 (%s)',
  { timeout: timeFor(rounds(200), 500) },
  async ([, runtime, usual], { skip }) => {
    if (runtime.command === null) skip(runtime.missing);
    needs('sqlite3');
    const random = new Random();
    const counts = totals();
    const begun = Date.now();
    // Two at a time: each waits for its program for most of the time.
    const half = Math.ceil(rounds(usual) / 2);
    await Promise.all([
      one(runtime, new Random(random.seed), half, counts),
      one(runtime, new Random(random.seed + 1), half, counts),
    ]);
    const perMinute = Math.round((counts.rounds * 60_000) / (Date.now() - begun));
    console.log(
      `kill -9, ${runtime.name}: ${counts.rounds} rounds (${perMinute} a minute), ${counts.acknowledged} changes ` +
        `acknowledged and found, ${counts.torn} torn journals recovered, ${counts.closed} closed in order, ` +
        `CINDERLIB_SEED=${random.seed}`,
    );
    expect(counts.torn).toBeGreaterThan(0);
  },
);

/** Runs rounds one after the other, with a new database after every few. */
async function one(runtime: Runtime, random: Random, count: number, counts: ReturnType<typeof totals>): Promise<void> {
  let ledger = new Ledger();
  let path = '';
  for (let round = 0; round < count; round++) {
    const isNew = round % roundsPerDatabase === 0;
    if (isNew) {
      counts.acknowledged += ledger.acknowledged;
      ledger = new Ledger();
      path = newPlace(`${runtime.name}-${random.seed}-${round}`);
    }
    // Now and then the next program is also killed, while it recovers what the last one left.
    const moment = isNew ? random.pick<Moment>(['while it opens', ...picks]) : random.pick(picks);
    const programs: readonly Moment[] = random.below(5) === 0 ? [moment, 'while it opens'] : [moment];
    for (const when of programs) {
      const within = isNew && when === 'while it opens' ? firstOpening : moments[when].within;
      if (await killed(runtime, path, ledger, random, when, within)) counts.closed += 1;
    }
    const { found, problems, torn } = await aftermath(path);
    expect(
      [...problems, ...ledger.settle(new Map(found))],
      `round ${round} of CINDERLIB_SEED=${random.seed}, killed ${programs.join(', then ')}`,
    ).toEqual([]);
    if (torn) counts.torn += 1;
    counts.rounds += 1;
  }
  counts.acknowledged += ledger.acknowledged;
}

/** A path for a database in a folder of its own. */
function newPlace(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name, 'cl.sqlite');
}

/** Runs the program on the database and kills it; true if the program closed the database before that. */
async function killed(
  { command }: Runtime,
  path: string,
  ledger: Ledger,
  random: Random,
  when: Moment,
  within: number,
): Promise<boolean> {
  const { after, steps } = moments[when];
  const options: StoreOptions = {
    seed: random.below(2 ** 31),
    worker: random.below(2) === 0,
    slow: random.below(2) === 0,
    together: random.pick([1, 1, 8]),
    steps,
  };
  const parameters = [program, path, JSON.stringify(options)];
  if (command === null) throw new Error('This runtime is not installed.');
  let closed = false;
  const running: Program<Line> = startProgram<Line>([...command, ...parameters], (line) => {
    if (!('phase' in line)) ledger.note(line);
    else if (line.phase === 'closed') closed = true;
  });
  await running.heard((line) => 'phase' in line && line.phase === after);
  await sleep(random.next() * within);
  await running.kill();
  const { code, errors } = await running.ended;
  if (errors !== '' || (code !== null && code !== 0))
    throw new Error(`The program failed by itself: ${code} ${errors}`);
  return closed;
}
