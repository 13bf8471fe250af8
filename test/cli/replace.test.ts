/** `convert --force`: the file to replace may be a database in use, or one that a crash left unfinished. */
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test, vi } from 'vitest';
import { cli } from '../support/cli.ts';
import { leaveHotJournal } from '../support/crashed.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { sqlite3 } from '../support/native-shell.ts';
import { integrity, nativeRows } from '../support/tables.ts';

// These tests run processes one after the other, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

/** A source with 55 volumes, and a target with one. */
async function withTwo(use: (source: string, target: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    await use(source, copyGolden('one.sqlite', join(folder, 'target.sqlite')), folder);
  });
}

const volumes = (path: string): number =>
  Number(nativeRows(path, 'SELECT count(*) AS n FROM volumes WHERE NOT deleted')[0]?.['n']);
const update = "UPDATE volumes SET display_name = 'theirs'";

test.each(['target.sqlite', 'target.json'])(
  'convert --force does not replace a %s that this library has open for writing',
  async (name) => {
    await withTwo(async (source, _, folder) => {
      const target = copyGolden('one.sqlite', join(folder, name));
      const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${target}` } });
      try {
        const refused = await cli(['convert', source, target, '--force', '--json']);
        expect(refused.code).toBe(1);
        expect(JSON.parse(refused.err)).toMatchObject({ error: { name: 'DatabaseLocked' } });
      } finally {
        await cl.close();
      }
      expect(volumes(target)).toBe(1);
      expect((await cli(['convert', source, target, '--force', '--no-verify'])).code).toBe(0);
      expect(readdirSync(folder).sort()).toEqual([...new Set(['source.sqlite', 'target.sqlite', name])].sort());
    });
  },
);

test.each(['DELETE', 'WAL'])(
  'convert --force does not replace a database that native SQLite is writing to, in journal_mode %s',
  async (mode) => {
    await withTwo(async (source, target) => {
      const other = sqlite3.start(target);
      await other.run(`PRAGMA journal_mode=${mode}; BEGIN IMMEDIATE; ${update};`);
      const refused = await cli(['convert', source, target, '--force', '--json']);
      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.err)).toMatchObject({ error: { name: 'DatabaseLocked' } });
      await other.run('COMMIT;');
      await other.close();
      expect(nativeRows(target, 'SELECT display_name FROM volumes')).toEqual([{ display_name: 'theirs' }]);
    });
  },
);

describe.each([
  ['a hot journal', '-journal', leaveHotJournal],
  [
    'a write-ahead log',
    '-wal',
    async (target: string) => {
      const other = sqlite3.start(target);
      await other.run(`PRAGMA journal_mode=WAL; ${update};`);
      for (const kind of ['', '-wal']) copyFileSync(target + kind, `${target}.left${kind}`);
      await other.close();
      for (const kind of ['', '-wal']) copyFileSync(`${target}.left${kind}`, target + kind);
    },
  ],
] as const)('%s left by a crash', (_, kind, leave) => {
  test('is removed by convert --force, and never played into the new file', async () => {
    await withTwo(async (source, target, folder) => {
      await leave(target);
      expect(statSync(target + kind).size).toBeGreaterThan(0);
      expect(await cli(['convert', source, target, '--force', '--no-verify'])).toMatchObject({ code: 0 });
      expect(readdirSync(folder).filter((name) => name.startsWith('target.sqlite-'))).toEqual([]);
      expect([volumes(target), integrity(target)]).toEqual([55, 'ok']);
    });
  });

  test('without its database makes convert refuse the target until --force', async () => {
    await inTemporaryFolder(async (folder) => {
      const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
      const target = join(folder, 'target.sqlite');
      writeFileSync(target + kind, readFileSync(source).subarray(0, 4096));
      const refused = await cli(['convert', source, target]);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain(`target.sqlite${kind} already exists`);
      expect(await cli(['convert', source, target, '--force', '--no-verify'])).toMatchObject({ code: 0 });
      expect(readdirSync(folder).sort()).toEqual(['source.sqlite', 'target.sqlite']);
      expect([volumes(target), integrity(target)]).toEqual([55, 'ok']);
    });
  });
});

test('convert --force replaces a damaged database, and keeps its permissions', async () => {
  await withTwo(async (source, target) => {
    const bytes = readFileSync(target);
    writeFileSync(target, bytes.fill(0x55, 16));
    chmodSync(target, 0o600);
    expect(await cli(['convert', source, target, '--force', '--no-verify'])).toMatchObject({ code: 0 });
    expect(volumes(target)).toBe(55);
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });
});

test('convert --force keeps a symbolic link, and replaces its target', async () => {
  await withTwo(async (source, target, folder) => {
    const link = join(folder, 'link.sqlite');
    symlinkSync(target, link);
    expect(await cli(['convert', source, link, '--force', '--no-verify'])).toMatchObject({ code: 0 });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(volumes(target)).toBe(55);
  });
});

describe('convert --force does not replace a file with itself', () => {
  test.each([
    ['by its own name', (source: string) => source],
    [
      'by another path',
      (source: string, folder: string) => join(folder, 'nothing', '..', '.', source.slice(folder.length)),
    ],
    [
      'by a symbolic link',
      (source: string, folder: string) => {
        symlinkSync(source, join(folder, 'link'));
        return join(folder, 'link');
      },
    ],
    [
      'by a hard link',
      (source: string, folder: string) => {
        linkSync(source, join(folder, 'link'));
        return join(folder, 'link');
      },
    ],
  ])('%s', async (_, nameOf) => {
    await withTwo(async (source, __, folder) => {
      const before = readFileSync(source);
      const other = nameOf(source, folder);
      const refused = await cli(['convert', `sqlite:///${source}`, other, '--force']);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.err).toContain('the same storage');
      expect(await cli(['convert', other, source, '--force'])).toMatchObject({ code: 1 });
      expect(readFileSync(source).equals(before)).toBe(true);
    });
  });

  test('nor a dump that is named by another path', async () => {
    await inTemporaryFolder(async (folder) => {
      const dump = join(folder, 'dump.json');
      writeFileSync(dump, '[]');
      const refused = await cli(['convert', dump, join(folder, '.', 'dump.json'), '--force', '--no-verify']);
      expect(refused).toMatchObject({ code: 1 });
      expect(readFileSync(dump, 'utf8')).toBe('[]');
    });
  });
});
