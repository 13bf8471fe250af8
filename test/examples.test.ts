/** The examples and `npm start`, run as a reader would run them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from './support/golden.ts';
import { integrity } from './support/tables.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

function run(folder: string, script: string, ...parameters: string[]): string {
  return execFileSync(process.execPath, [path(`../scripts/${script}`), ...parameters], {
    cwd: folder,
    encoding: 'utf8',
  });
}

const example = (folder: string, name: string, ...parameters: string[]): string =>
  run(folder, 'run.mjs', path(`../examples/${name}.ts`), ...parameters);

test('every numbered example is tested here', () => {
  const programs = readdirSync(path('../examples')).filter((name) => /^\d/.test(name));
  expect(programs).toEqual([
    '01-memory.ts',
    '02-database.ts',
    '03-later.ts',
    '04-plugin-class.ts',
    '05-plugin-instance.ts',
    '06-plugin-name.ts',
    '07-migration.ts',
    '08-lvm.ts',
  ]);
});

test('01-memory saves to a JSON file and loads it', async () => {
  await inTemporaryFolder((folder) => expect(example(folder, '01-memory')).toBe('first: 1 GiB, 1 snapshot\n'));
});

test('03-later finds what 02-database stored', async () => {
  await inTemporaryFolder((folder) => {
    expect(example(folder, '02-database', 'sqlite:///mine.sqlite')).toBe('kept is available, and stored on disk\n');
    expect(example(folder, '03-later', 'sqlite:///mine.sqlite')).toBe('kept: 1 GiB, available\n');
    expect(readdirSync(folder)).toEqual(['mine.sqlite']);
  });
});

test.each(['04-plugin-class', '05-plugin-instance', '06-plugin-name'])(
  '%s stores a volume in the plugin',
  async (name) => {
    await inTemporaryFolder((folder) => expect(example(folder, name)).toBe('noted is stored by NoteBook\n'));
  },
);

test('07-migration migrates everything to a file', async () => {
  await inTemporaryFolder((folder) => {
    expect(example(folder, '07-migration')).toBe('moves: gold, 1 snapshot\n');
    expect(readdirSync(folder)).toEqual(['migrated.sqlite']);
  });
});

test('08-lvm names what the host lacks', async () => {
  await inTemporaryFolder((folder) =>
    expect(example(folder, '08-lvm')).toMatch(/^Not possible on this host: .*(?:lvs|cinder-volumes|root)/),
  );
});

test('npm start shows what it stored, and finds it again on the next run', { timeout: 240_000 }, async () => {
  await inTemporaryFolder((folder) => {
    const first = run(folder, 'start.mjs');
    expect(first).toContain('found 0 volumes');
    expect(first).toMatch(/'gold 2'.*'in-use'.*\n.*'data 1'.*'available'/);
    expect(first).toMatch(/ceph\.rbd: 16 volumes\n[\s\S]*lvm_iscsi: 24 volumes\n[\s\S]*nfs-01: 15 volumes\n/);
    expect(first).toContain('connection to client29 over iscsi, not attached');
    const second = run(folder, 'start.mjs');
    expect(second).toContain('found 3 volumes');
    expect(second).toMatch(/'gold 5'[\s\S]*'data 4'[\s\S]*'gold 2'[\s\S]*'data 1'/);
    for (const name of ['bytes 3', 'bytes 6']) {
      expect(second).toMatch(new RegExp(`${name}: 1 GiB.*"changed since the snapshot".*"written by process \\d+"\n`));
    }
    expect(readdirSync(folder)).toEqual(['cl-volumes', 'cl.sqlite']);
    const files = readdirSync(join(folder, 'cl-volumes'));
    expect(files.map((name) => name.replace(/-.*/, '')).sort()).toEqual(['snapshot', 'snapshot', 'volume', 'volume']);
    for (const name of files) expect(statSync(join(folder, 'cl-volumes', name)).size).toBe(1024 ** 3);
    expect(integrity(join(folder, 'cl.sqlite'))).toBe('ok');
  });
});
