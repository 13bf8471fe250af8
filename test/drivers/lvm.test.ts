/**
 * The LVM driver on real logical volumes: in guests in User-Mode Linux, which have the device mapper of a kernel
 * of their own. The tests of a guest run there one after the other, and say here how they ended.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Case, Verdict } from '../support/cases.ts';
import { forVolumes, Guest, makeBlankDisk, missingForGuests } from '../support/guest.ts';
import { buildProgram } from '../support/program.ts';
import { contractCases } from './cases/lvm-contract.ts';

const missing = missingForGuests(forVolumes);
/** For one guest with all its tests, on a machine that is busy with others. */
const patience = 600_000;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lvm-'));
  program = await buildProgram(new URL('./programs/lvm-suite.ts', import.meta.url), folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each<[string, readonly Case[]]>([
  ['thin', contractCases('thin')],
  ['default', contractCases('default')],
])('LVM of the type %s', (LVM_TYPE, cases) => {
  let guest: Guest | null = null;
  const verdicts = new Map<string, Verdict>();

  beforeAll(async () => {
    if (missing !== null) return;
    const disk = join(folder, LVM_TYPE);
    makeBlankDisk(disk, 12);
    const variables = { NODE: process.execPath, PROGRAM: program, LVM_TYPE, MODULES: '', DAEMONS: '' };
    guest = new Guest(new URL('./guest/lvm.sh', import.meta.url), disk, variables);
    await guest.wrote('code', (text) => text !== '', patience / 1000);
    for (const line of guest
      .read('said')
      .split('\n')
      .filter((text) => text !== '')) {
      const verdict = JSON.parse(line) as Verdict; // Our own program prints nothing else.
      verdicts.set(verdict.name, verdict);
    }
    console.log(
      [...verdicts.values()].map(({ name, milliseconds }) => `${milliseconds} ms ${name}`).join('\n'),
      guest.read('log'),
    );
  }, patience);
  afterAll(async () => guest?.remove());

  test.each(cases.map(([name]) => name))('%s', (name) => {
    if (missing !== null) return expect.unreachable(missing);
    const verdict = verdicts.get(name) ?? { error: `It was not run. ${guest?.read('log')}` };
    expect(verdict.error).toBeNull();
  });
});
