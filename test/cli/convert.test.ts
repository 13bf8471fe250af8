/** `convert` to JSON: what it reports as left out; and which targets accept the name of a JSON file. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cli, parsed } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { partialDump } from '../support/partial-dump.ts';
import { nativeRows } from '../support/tables.ts';

// These tests run processes one after the other, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

async function withRich(use: (path: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => use(copyGolden('rich.sqlite', join(folder, 'rich.sqlite')), folder));
}

test('convert to JSON reports what it leaves out, as its dry run does', async () => {
  await withRich(async (path, folder) => {
    const [{ n } = {}] = nativeRows(path, 'SELECT count(*) AS n FROM volume_metadata WHERE deleted');
    const line = `not copied: ${n} × volume_metadata: rows that are marked as deleted`;
    const json = join(folder, 'out.json');
    expect((await cli(['convert', path, json, '--dry-run'])).out).toContain(line);
    expect(existsSync(json)).toBe(false);
    const done = await cli(['convert', path, json]);
    expect(done).toMatchObject({ code: 0, out: '' });
    expect(done.err).toContain('Copied 55 volumes, 35 snapshots, 17 connections, 11 key-values and 9 volume types.');
    expect(done.err).toContain(line);
    const report = parsed(await cli(['convert', path, json, '--force', '--json', '--no-key-values']));
    expect(report).toMatchObject({
      ...{
        volumes: 55,
        snapshots: 35,
        connections: 17,
        key_values: 0,
        volume_types: 9,
        differences: [],
        dry_run: false,
      },
      not_carried: expect.arrayContaining([
        { kind: 'volume_metadata', field: null, count: n, ids: [], why: 'rows that are marked as deleted' },
        { kind: 'key-value', field: null, count: 11, ids: [], why: 'key_values: false' },
      ]),
    });
    const piped = await cli(['convert', path, '-', '--no-key-values']);
    expect(piped.out).toBe(readFileSync(json, 'utf8'));
    expect(piped.err).toContain(line);
  });
});

test('a dry run refuses to replace a file, as the real run does', async () => {
  await withRich(async (path, folder) => {
    for (const name of ['there.sqlite', 'there.json']) {
      const there = join(folder, name);
      writeFileSync(there, 'mine');
      const refused = `error: ${there} already exists. Name another file, or replace it with --force.\n`;
      expect(await cli(['convert', path, there, '--dry-run'])).toEqual({ code: 1, out: '', err: refused });
      expect((await cli(['convert', path, there, '--dry-run', '--force'])).code).toBe(0);
      expect(readFileSync(there, 'utf8')).toBe('mine');
    }
  });
});

test.each([
  ['migrate', 'out.json', 'convert'],
  ['migrate', 'out.JSON', 'convert'],
  ['load', 'out.json', 'convert'],
  ['load', 'out.json.gz', 'gzip'],
  ['convert', 'out.json.gz', 'gzip'],
  ['convert', 'out.sqlite.gz', 'gzip'],
  ['convert', 'backup.sql', 'writes no SQL'],
  ['migrate', 'backup.SQL', 'writes no SQL'],
])('%s creates no SQLite database named %s', async (command, name, way) => {
  await withRich(async (path, folder) => {
    const refused = await cli([command, path, join(folder, name)]);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(way);
    expect(readdirSync(folder)).toEqual(['rich.sqlite']);
  });
});

test('a URL can create a database with any name', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    expect(await cli(['migrate', path, `sqlite:///${folder}/out.json`])).toMatchObject({ code: 0 });
    expect(nativeRows(join(folder, 'out.json'), 'SELECT count(*) AS n FROM volumes')).toEqual([{ n: 1 }]);
  });
});

test('convert to the URL of an existing file replaces it with --force, and never adds to it', async () => {
  await withRich(async (path, folder) => {
    const target = copyGolden('one.sqlite', join(folder, 'new.json'));
    const before = readFileSync(target);
    const url = `sqlite:///${target}`;
    const refused = await cli(['convert', path, url]);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('already exists');
    expect(readFileSync(target).equals(before)).toBe(true);
    expect((await cli(['convert', target, url, '--force'])).err).toContain('the same storage');
    expect(await cli(['convert', path, url, '--force', '--no-verify'])).toMatchObject({ code: 0 });
    expect(nativeRows(target, 'SELECT count(*) AS n FROM volumes')).toEqual([{ n: 55 }]);
    expect(readdirSync(folder).sort()).toEqual(['new.json', 'rich.sqlite']);
  });
});

test('verification mentions if the target keeps its own default volume type', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const [fresh, copy] = [join(folder, 'fresh.sqlite'), copyGolden('one.sqlite', join(folder, 'copy.sqlite'))];
    const verified = 'Verified: the target matches the source, field by field';
    const own = `${verified}; it keeps its own type __DEFAULT__, with its own id and times.\n`;
    expect((await cli(['migrate', path, fresh])).out).toContain(own);
    expect((await cli(['migrate', path, copy])).out).toContain(`${verified}.\n`);
  });
});

test('tables that a dump lacks are named, in each command that reads it, and are no failure', async () => {
  await inTemporaryFolder(async (folder) => {
    const part = join(folder, 'volumes.sql');
    const lacked = ['volume_attachment', 'snapshots', 'snapshot_metadata'];
    writeFileSync(
      part,
      partialDump('rich-postgres', (table) => !lacked.includes(table)),
    );
    const note =
      'note: the dump has neither a CREATE TABLE nor rows of these tables, so they count as empty: ' +
      'volume_attachment, snapshots, snapshot_metadata. If they are not, dump the whole database.\n';
    const database = join(folder, 'new.sqlite');
    const entry = { kind: 'missing table', field: null, count: 3, ids: lacked };
    const not_carried = expect.arrayContaining([expect.objectContaining(entry)]);
    for (const command of [
      ['convert', part, database, '--dry-run'],
      ['convert', part, join(folder, 'new.json')],
      ['ls', part, 'snapshots'],
    ]) {
      const { code, out, err } = await cli(command);
      expect([code, err.split(note).length, out.includes('snapshot_metadata')]).toEqual([0, 2, false]);
    }
    const ran = await cli(['convert', part, database, '--no-verify', '--json']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(parsed(ran)).toMatchObject({ volumes: 55, snapshots: 0, not_carried });
  });
});
