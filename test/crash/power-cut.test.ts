/**
 * Power cuts: the program runs in a guest in User-Mode Linux, on ext4, and the guest is killed. The next guest
 * opens what is on the disk, with native SQLite and with this library, and goes on storing until it is killed too.
 *
 * 4 cuts; CINDERLIB_ROUNDS=2000 for 20, CINDERLIB_SEED=… for the same program and the same pauses again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Aftermath } from '../support/aftermath.ts';
import { Guest, makeDisk, missingForGuests } from '../support/guest.ts';
import { type Entry, Ledger } from '../support/ledger.ts';
import { needs } from '../support/native-programs.ts';
import { buildProgram } from '../support/program.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import type { StoreOptions } from './programs/store.ts';

type Line = Entry | { readonly phase: string };

const missing = missingForGuests();
/** A power cut takes as long as a hundred rounds of other tests. */
const cuts = Math.ceil(rounds(400) / 100);
/** How long a program stores after its first change, in milliseconds, at most. */
const longestRun = 1500;

let folder: string;
let programs: { readonly EXAMINE: string; readonly STORE: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'power-'));
  const built = (name: string) => buildProgram(new URL(`./programs/${name}.ts`, import.meta.url), folder);
  programs = { EXAMINE: await built('examine'), STORE: await built('store') };
});
afterAll(() => rmSync(folder, { recursive: true }));

test('no acknowledged change is lost in a power cut', { timeout: timeFor(cuts, 10_000) }, async ({ skip }) => {
  if (missing !== null) skip(missing);
  needs('sqlite3');
  const random = new Random();
  const disk = join(folder, 'disk');
  makeDisk(disk);
  const ledger = new Ledger();
  const begun = Date.now();
  let torn = 0;
  for (let round = 0; round < cuts; round++) {
    const worker = random.below(2) === 0;
    const options = { seed: random.below(2 ** 31), worker, together: random.pick([1, 8]), steps: 1e9 };
    const before = await storeUntilCut(disk, ledger, options, random);
    expect(before.problems).toEqual([]);
    if (before.torn) torn += 1;
  }
  const last = await examined(disk, ledger);
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(
    `power cut: ${cuts} cuts in ${seconds} s, ${ledger.acknowledged} changes acknowledged and found, ` +
      `${torn + (last.torn ? 1 : 0)} torn journals recovered, CINDERLIB_SEED=${random.seed}`,
  );
  expect(last.problems).toEqual([]);
});

test('without the sync of the database file a power cut loses changes', { timeout: 180_000 }, async ({ skip }) => {
  if (missing !== null) skip(missing);
  needs('sqlite3');
  const random = new Random();
  const options = { seed: random.seed, worker: false, together: 1, steps: 1e9, lose: '' };
  let lost: readonly string[] = [];
  // The kernel may have written everything by chance, but not each time.
  for (let tries = 1; lost.length === 0 && tries <= 5; tries++) {
    const disk = join(folder, `disk without syncs ${tries}`);
    makeDisk(disk);
    const ledger = new Ledger();
    await storeUntilCut(disk, ledger, options, random);
    ({ problems: lost } = await examined(disk, ledger));
    console.log(`power cut without one sync: ${ledger.acknowledged} changes acknowledged, ${lost.length} problems`);
  }
  expect(lost).not.toEqual([]);
});

/** Boots a guest that examines the disk and then stores; cuts the power; returns what the guest had found. */
async function storeUntilCut(disk: string, ledger: Ledger, options: StoreOptions, random: Random): Promise<Aftermath> {
  return inGuest(disk, ledger, JSON.stringify(options), async (guest) => {
    await guest.wrote('said', (text) => text.includes('"done"'));
    await sleep(random.next() * longestRun);
    await guest.cutPower();
    // The last line may be incomplete.
    const said = guest.read('said').split('\n').slice(0, -1);
    return said.map((line) => JSON.parse(line) as Line);
  });
}

/** Boots a guest that only examines the disk. */
async function examined(disk: string, ledger: Ledger): Promise<Aftermath> {
  return inGuest(disk, ledger, '', async () => []);
}

async function inGuest(
  disk: string,
  ledger: Ledger,
  OPTIONS: string,
  use: (guest: Guest) => Promise<readonly Line[]>,
): Promise<Aftermath> {
  const variables = { ...programs, OPTIONS };
  const guest = new Guest(new URL('./guest/power-cut.sh', import.meta.url), disk, variables);
  try {
    await guest.wrote('examined', (text) => text !== '');
    const after = JSON.parse(guest.read('examined')) as Aftermath;
    const problems = [...after.problems, ...ledger.settle(new Map(after.found))];
    for (const line of await use(guest)) if ('step' in line) ledger.note(line);
    return { ...after, problems };
  } finally {
    await guest.remove();
  }
}
