/** The program behind `npm run playground`: its arguments, and the folders that it leaves alone. */
import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from '../support/golden.ts';

const program = fileURLToPath(new URL('../../scripts/playground.mjs', import.meta.url));

function playground(...parameters: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...parameters], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('--help lists the options', async () => {
  expect(await playground('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--port NUMBER') });
});

test('wrong arguments create no folder', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const parameters of [
      ['--prot', '9000'],
      ['--port', 'x'],
      [join(folder, 'a'), join(folder, 'b')],
    ]) {
      expect(await playground(...parameters)).toMatchObject({ code: 2, out: '' });
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a folder with other files in it is not emptied', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'precious'), '');
    expect(await playground(folder)).toMatchObject({ code: 2 });
    expect(readdirSync(folder)).toEqual(['precious']);
  });
});
