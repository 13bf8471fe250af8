/** The contract of volume drivers, on the file driver in the other runtimes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verdict } from '../support/cases.ts';
import { buildProgram, startProgram } from '../support/program.ts';
import { bun, deno } from '../support/runtimes.ts';

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  program = await buildProgram(new URL('./programs/file-suite.ts', import.meta.url), folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.for([deno, bun])(
  'the file driver meets the contract of volume drivers in $name',
  { timeout: 240_000 },
  async ({ command, missing }, { skip }) => {
    if (command === null) skip(missing);
    if (command === null) return;
    const verdicts: Verdict[] = [];
    const { ended } = startProgram<Verdict>([...command, program], (verdict) => verdicts.push(verdict));
    expect(await ended).toMatchObject({ code: 0, errors: '' });
    expect(verdicts.filter(({ error }) => error !== null)).toEqual([]);
    expect(verdicts.length).toBe(11);
  },
);
