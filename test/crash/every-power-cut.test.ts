/**
 * Power cuts at any moment, on the worst disk permitted: a write that was not synced may be there, missing or
 * torn. The changes to the files of one run are recorded one by one; from them the test makes disks that a power
 * cut could have left, and opens each with native SQLite and with this library.
 *
 * What a native SQLite process does for the library, such as rolling a journal back while it takes its lock,
 * cannot be recorded; so the library runs without native SQLite during the recording.
 *
 * User-Mode Linux (power-cut.test.ts) shows one real file system; this test shows faults that a kinder one would
 * hide, such as a missing sync of the folder. 200 disks; CINDERLIB_ROUNDS=2000 for more, CINDERLIB_SEED=… to
 * repeat a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cinderlib, KeyValue, setup } from 'cinderlib-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aftermath } from '../support/aftermath.ts';
import { volumeText } from '../support/contents.ts';
import { type Entry, Ledger } from '../support/ledger.ts';
import { needs } from '../support/native-programs.ts';
import { Random } from '../support/random.ts';
import { type Fate, RecordedDisk } from '../support/recorded-disk.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { withoutNativeSqlite } from '../support/without-native-sqlite.ts';

/** An entry for the ledger, and the moment when the program reported it. */
interface Said {
  readonly moment: number;
  readonly entry: Entry;
}

const runs = 4;
const changesOfARun = 8;
/** Lock files name this process, which is still alive. */
const notALock = (name: string): boolean => !name.includes('.lock');

let top: string;
beforeAll(() => (top = mkdtempSync(join(tmpdir(), 'cuts-'))));
afterAll(() => rmSync(top, { recursive: true }));

test('no acknowledged change is lost on any disk that a power cut may leave', {
  timeout: timeFor(rounds(200), 150),
}, async () => {
  needs('sqlite3');
  const random = new Random();
  const counts = { disks: 0, torn: 0, found: 0 };
  const begun = Date.now();
  for (let run = 0; run < runs; run++) {
    const { disk, said, opened } = await record(newFolder(), random);
    for (let round = 0; round < rounds(200) / runs; round++) {
      // Creating the tables accounts for most moments, but is a single case.
      const moment = random.below(4) === 0 ? random.below(opened) : opened + random.below(disk.now + 1 - opened);
      const ledger = new Ledger();
      for (const one of said) if (one.moment <= moment) ledger.note(one.entry);
      const cuts = [`change ${moment} of ${disk.now} in run ${run} of CINDERLIB_SEED=${random.seed}`];
      let folder = leave(disk, moment, random, cuts);
      while (random.below(3) === 0) folder = await cutAgain(folder, random, cuts);
      const { found, problems, torn } = await aftermath(join(folder, 'cl.sqlite'));
      expect([...problems, ...ledger.settle(new Map(found))], cuts.join(', then ')).toEqual([]);
      counts.disks += 1;
      counts.found += found.length;
      if (torn) counts.torn += 1;
    }
  }
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(
    `every power cut: ${counts.disks} disks in ${seconds} s, ${counts.found} objects found, ` +
      `${counts.torn} torn journals recovered, CINDERLIB_SEED=${random.seed}`,
  );
  expect(counts.torn).toBeGreaterThan(0);
});

function newFolder(): string {
  return mkdtempSync(join(top, 'disk-'));
}

/** Makes a disk as a power cut at that moment may leave it, and describes it in `cuts`. */
function leave(disk: RecordedDisk, moment: number, random: Random, cuts: string[]): string {
  const fate = random.pick<Fate>(['all lost', 'all kept', 'some of them', 'some of them']);
  const folder = newFolder();
  disk.leave(moment, fate, random, folder);
  cuts.push(fate);
  return folder;
}

/** Opens the disk that a cut left and cuts the power again, during the recovery. */
async function cutAgain(left: string, random: Random, cuts: string[]): Promise<string> {
  const disk = new RecordedDisk(left, notALock);
  try {
    await withoutNativeSqlite(async () => (await open(left)).close());
  } finally {
    disk.stop();
  }
  const moment = random.below(disk.now + 1);
  cuts.push(`change ${moment} of ${disk.now} of the recovery`);
  return leave(disk, moment, random, cuts);
}

function open(folder: string): Promise<Cinderlib> {
  const connection = `sqlite:///${join(folder, 'cl.sqlite')}`;
  return setup({ persistence_config: { storage: 'db', connection }, worker: false });
}

interface Recorded {
  readonly disk: RecordedDisk;
  readonly said: readonly Said[];
  /** The moment when the database was first open. */
  readonly opened: number;
}

/** Opens a new database, changes it and closes it. */
async function record(folder: string, random: Random): Promise<Recorded> {
  const said: Said[] = [];
  const disk = new RecordedDisk(folder, notALock);
  let opened = 0;
  try {
    const note = (entry: Entry): void => void said.push({ moment: disk.now, entry });
    const cl = await withoutNativeSqlite(() => open(folder));
    opened = disk.now;
    const underWay: Promise<void>[] = [];
    const together = random.pick([1, 3]);
    for (let step = 0; step < changesOfARun; step++) {
      underWay.push(change(cl, step, note, random).then(() => note({ step, done: true })));
      if (underWay.length >= together) await Promise.all(underWay.splice(0));
    }
    await Promise.all(underWay);
    await cl.close();
  } finally {
    disk.stop();
  }
  return { disk, said, opened };
}

async function change(cl: Cinderlib, step: number, note: (entry: Entry) => void, random: Random): Promise<void> {
  const key = `key ${random.below(3)}`;
  if (random.below(2) === 0) {
    const value = random.text(random.pick([5, 500, 30_000]));
    note({ step, object: `key ${key}`, content: value });
    return cl.persistence.setKeyValue(new KeyValue(key, value));
  }
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
  const given = { id: crypto.randomUUID(), name: random.text(9), metadata: { text: random.text(300) } };
  const specs = { extra_specs: { e: random.text(9) } };
  note({ step, object: `volume ${given.id}`, content: volumeText({ ...given, ...specs }) });
  await backend.createVolume(1, { ...given, ...specs });
}
