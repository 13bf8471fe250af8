/**
 * The LVM driver on real logical volumes: in guests in User-Mode Linux, whose kernel has the device mapper, the
 * iSCSI target and the iSCSI initiator. The cases of a guest run there one after the other, and report their
 * outcomes here.
 *
 * 6 random operations on thin volumes, fewer of what is the same for every kind of volume; CINDERLIB_ROUNDS=300 for
 * more, CINDERLIB_SEED=… to repeat a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Verdict, verdictsIn } from '../support/cases.ts';
import { missingCinder } from '../support/cinder.ts';
import { forVolumes, Guest, makeBlankDisk, missingForGuests } from '../support/guest.ts';
import { buildProgram } from '../support/program.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { suites } from './cases/suites.ts';

const missingForAll = missingForGuests(forVolumes);
/** For a guest with all its cases, on a machine that is busy with other work. */
const patience = timeFor(100 + rounds(6), 1500);

const modules = 'iscsi_tcp sd_mod target_core_mod iscsi_target_mod target_core_iblock crc32c';
const { CINDERLIB_ROUNDS } = process.env;

let folder: string;
let programs: { readonly PROGRAM: string; readonly EXAMPLE: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lvm-'));
  const built = (path: string): Promise<string> => buildProgram(new URL(path, import.meta.url), folder);
  programs = { PROGRAM: await built('./programs/lvm-suite.ts'), EXAMPLE: await built('../../examples/08-lvm.ts') };
});
afterAll(() => rmSync(folder, { recursive: true }));

// A guest has one processor: running them concurrently halves the time.
describe.concurrent.each(Object.entries(suites))('LVM: %s', (SUITE, cases) => {
  const missing = missingForAll ?? (SUITE.includes('Cinder') ? missingCinder() : null);
  const verdicts = new Map<string, Verdict>();
  let log = '';

  beforeAll(async () => {
    if (missing !== null) return;
    const seed = new Random().seed;
    const disk = join(folder, SUITE);
    makeBlankDisk(disk, 1);
    const guest = new Guest(new URL('./guest/lvm.sh', import.meta.url), disk, {
      CINDER: fileURLToPath(new URL('./guest/cinder_lvm.py', import.meta.url)),
      ...programs,
      SUITE,
      EXPORTS: SUITE === 'exports' ? modules : '',
      CINDERLIB_SEED: String(seed),
      ...(CINDERLIB_ROUNDS === undefined ? {} : { CINDERLIB_ROUNDS }),
    });
    try {
      const begun = Date.now();
      await guest.wrote('code', (text) => text !== '', patience / 1000);
      for (const verdict of verdictsIn(guest.read('said'))) verdicts.set(verdict.name, verdict);
      log = guest.read('log');
      const seconds = Math.round((Date.now() - begun) / 1000);
      console.log(`LVM: ${SUITE}: ${verdicts.size} cases in ${seconds} s, CINDERLIB_SEED=${seed}`);
    } finally {
      await guest.remove();
    }
  }, patience);

  test.for(cases.map(([name]) => name))('%s', (name, { skip }) => {
    if (missing !== null) skip(missing);
    expect(verdicts.get(name)?.error ?? null).toBeNull();
    expect(verdicts.has(name), `It was not run. ${log}`).toBe(true);
  });
});
