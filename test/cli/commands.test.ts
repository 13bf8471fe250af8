/** The command line as a process: what each command prints for programs, and its exit code. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test, vi } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { storageArgument } from '../../src/cli/storage-argument.ts';
import { InvalidOption } from '../../src/errors/index.ts';
import { expectSameDumps } from '../support/arrived.ts';
import { cli, parsed } from '../support/cli.ts';
import { copyGolden, type GoldenAnswers, goldenBytes, goldenJson, inTemporaryFolder } from '../support/golden.ts';
import { nativeDump, nativeRows, nativeSql } from '../support/tables.ts';

// These tests run processes one after the other, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

const expected = goldenJson<GoldenAnswers>('rich.expected.json.gz');

async function withRich(use: (path: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => use(copyGolden('rich.sqlite', join(folder, 'rich.sqlite')), folder));
}

test('ls --json lists the content of the database, newest first', async () => {
  await withRich(async (path) => {
    const [volumes, snapshots, connections, keyValues, backends] = await Promise.all(
      ['volumes', 'snapshots', 'connections', 'key-values', 'backends'].map(async (kind) =>
        parsed(await cli(['ls', path, kind, '--json'])),
      ),
    );
    const rows = 'SELECT id, display_name AS name, size, status FROM volumes ORDER BY created_at DESC, id DESC';
    expect(volumes).toMatchObject(nativeRows(path, rows));
    const taken = 'SELECT id, volume_size AS size, status, volume_id FROM snapshots ORDER BY created_at DESC, id DESC';
    expect(snapshots).toMatchObject(nativeRows(path, taken));
    const ids = (connections as { id: string }[]).map(({ id }) => id).sort();
    expect(ids).toEqual(Object.keys(expected.connections).sort());
    const masked = new Set(['***']);
    expect((keyValues as { key: string; value: string | null }[]).map(({ key }) => key)).toEqual(
      expected.key_values.map(([key]) => key),
    );
    expect((keyValues as { value: string | null }[]).filter(({ value }) => masked.has(value ?? '')).length).toBe(0);
    const sums = `SELECT substr(host, instr(host, '@') + 1, instr(host, '#') - instr(host, '@') - 1) AS name,
      count(*) AS volumes, sum(size) AS size FROM volumes GROUP BY name ORDER BY name`;
    expect(backends).toEqual(nativeRows(path, sums));
  });
});

test('ls without --json prints tab-separated lines after a header', async () => {
  await withRich(async (path) => {
    const { out, err, code } = await cli(['ls', path, 'backends']);
    expect([code, err]).toEqual([0, '']);
    const [title, ...lines] = out.trimEnd().split('\n');
    expect(title).toBe('name\tvolumes\tsize');
    expect(lines.map((line) => line.split('\t')[0])).toEqual(['ceph.rbd', 'lvm_iscsi', 'nfs-01']);
  });
});

test('names cannot move the cursor or break a line', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('unicode.sqlite', join(folder, 'unicode.sqlite'));
    nativeSql(
      path,
      "UPDATE volumes SET display_name = char(27) || '[31mred' || char(10) || char(9) || char(8238) WHERE rowid = 1",
    );
    const { out } = await cli(['ls', path]);
    expect(out).toContain('\\u001b[31mred\\n\\t\\u202e');
    expect(out.trimEnd().split('\n').length).toBe(46);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there.
    expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });
});

test('info prints the storage and the counts of its objects', async () => {
  await withRich(async (path) => {
    const before = readFileSync(path);
    expect(parsed(await cli(['info', path, '--json']))).toMatchObject({
      url: path,
      storage: 'db',
      medium: 'filesystem',
      revision: 'c92a3e68beed',
      read_only: true,
      counts: { volumes: 55, snapshots: 35, connections: 17, key_values: 11, deleted_volumes: 0 },
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    const { out } = await cli(['info', `sqlite:///${path}`]);
    expect(out).toContain('volumes\t55\n');
    expect(out).not.toMatch(/^(?:leader|persisted|native_locks)\t/m);
  });
});

test('info says of a dump that it is a file to read, or standard input, and not the memory that holds it meanwhile', async () => {
  await withRich(async (path, folder) => {
    const { out: input } = await cli(['dump', path, '--show-secrets']);
    writeFileSync(join(folder, 'cl.json'), input);
    const counts = { volumes: 55, snapshots: 35, connections: 17, key_values: 11 };
    const dump = { storage: 'dump', read_only: true, leader: false, durability: null, native_locks: null, counts };
    const file = { ...dump, url: 'cl.json', medium: 'filesystem', persisted: true };
    expect(parsed(await cli(['info', 'cl.json', '--json'], { cwd: folder }))).toMatchObject(file);
    const piped = { ...dump, url: '-', medium: null, persisted: false };
    expect(parsed(await cli(['info', '-', '--json'], { input }))).toMatchObject(piped);
    const lines = (await cli(['info', 'cl.json'], { cwd: folder })).out.split('\n').map((line) => line.split('\t')[0]);
    const counted = Object.keys(counts);
    expect(lines).toEqual(['url', 'runtime', 'storage', 'medium', 'read_only', ...counted, '']);
  });
});

test('show --json --show-secrets prints what dumps() returns', async () => {
  await withRich(async (path) => {
    const [volume] = Object.keys(expected.volumes);
    const [snapshot] = Object.keys(expected.snapshots);
    const [connection] = Object.keys(expected.connections);
    for (const [id, objects] of [
      [volume, expected.volumes],
      [snapshot, expected.snapshots],
      [connection, expected.connections],
    ] as const) {
      const { out } = await cli(['show', path, id ?? '', '--json', '--show-secrets']);
      expect(JSON.parse(out)).toEqual(JSON.parse(objects[id ?? '']?.dumps ?? ''));
    }
    const [[key, value] = ['', null]] = expected.key_values;
    const { out } = await cli(['show', path, key, '--json']);
    expect(JSON.parse(out)).toEqual({ class: 'KeyValue', key, value });
    const plain = await cli(['show', path, volume ?? '']);
    expect(plain.out).toMatch(/^class\tVolume\nbackend\t/);
  });
});

test('show exits with 4 if nothing matches', async () => {
  await withRich(async (path) => {
    for (const id of ['nobody', '']) expect((await cli(['show', path, id])).code).toBe(4);
  });
});

test('dump --show-secrets prints the dumps of Python, and load accepts them', async () => {
  await withRich(async (path, folder) => {
    const { out, err } = await cli(['dump', path, '--show-secrets', '--no-key-values']);
    expect(err).toContain('11 key-values were left out');
    expect(await cli(['dump', path, '--show-secrets', '--no-key-values', '--json'])).toEqual({ code: 0, out, err: '' });
    const lines = out.trimEnd().replace(/^\[/, '').replace(/\]$/, '').split(',\n');
    const idOf = (line: string) => /"id":"([^"]*)"/.exec(line)?.[1] ?? '';
    const wanted = Object.fromEntries(Object.entries(expected.volumes).map(([id, { dumps }]) => [id, dumps]));
    expectSameDumps(Object.fromEntries(lines.map((line) => [idOf(line), line])), wanted);
    const target = join(folder, 'loaded.sqlite');
    expect(await cli(['load', '-', target], { input: out })).toMatchObject({ code: 0 });
    expect(parsed(await cli(['ls', target, '--json']))).toEqual(parsed(await cli(['ls', path, '--json'])));
    // The library accepts it too.
    const cl = await setup({ fail_on_missing_backend: false });
    await cl.load(out, { save: true });
    expect((await cl.persistence.getVolumes()).length).toBe(55);
    await cl.close();
  });
});

test.each(['rich-mysql', 'rich-postgres'])('convert turns %s.sql into the dumps of Python', async (name) => {
  await inTemporaryFolder(async (folder) => {
    const golden = goldenJson<GoldenAnswers>(`${name}.expected.json.gz`);
    const sql = join(folder, 'backup.sql.gz');
    writeFileSync(sql, gzipSync(goldenBytes(`${name}.sql`)));
    const json = join(folder, 'out.json');
    expect(await cli(['convert', sql, json, '--no-key-values'])).toMatchObject({ code: 0 });
    // The file may hold secrets: only its owner may read it.
    expect(statSync(json).mode & 0o077).toBe(0);
    const lines = readFileSync(json, 'utf8').trimEnd().slice(1, -1).split(',\n');
    const id = (text: string) => /"id":"([^"]*)"/.exec(text)?.[1] ?? '';
    expect(lines.map(id)).toEqual(
      golden.queries.find(({ method, args }) => method === 'get_volumes' && Object.keys(args).length === 0)?.result ??
        lines.map(id),
    );
    for (const line of lines) expect(sorted(line)).toEqual(sorted(golden.volumes[id(line)]?.dumps ?? ''));
    const database = join(folder, 'out.sqlite');
    const report = parsed(await cli(['convert', sql, database, '--json']));
    expect(report).toMatchObject({
      volumes: Object.keys(golden.volumes).length,
      snapshots: Object.keys(golden.snapshots).length,
      connections: Object.keys(golden.connections).length,
      key_values: golden.key_values.length,
      differences: [],
    });
    expect(readdirSync(folder).sort()).toEqual(['backup.sql.gz', 'out.json', 'out.sqlite']);
  });
});

/** Sorted, since the order of attachments and metadata is up to the server. */
function sorted(text: string): unknown {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(JSON.parse(text));
}

test('convert replaces an existing file only with --force', async () => {
  await withRich(async (path, folder) => {
    for (const name of ['out.json', 'out.sqlite']) {
      const file = join(folder, name);
      writeFileSync(file, 'precious');
      const refused = await cli(['convert', path, file]);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.err).toContain('--force');
      expect(readFileSync(file, 'utf8')).toBe('precious');
      const nonsense = join(folder, 'nonsense.json');
      writeFileSync(nonsense, '{"class":');
      expect((await cli(['convert', nonsense, file, '--force'])).code).toBe(1);
      expect(readFileSync(file, 'utf8')).toBe('precious');
      expect((await cli(['convert', path, file, '--force'])).code).toBe(0);
      expect(parsed(await cli(['ls', file, '--json']))).toEqual(parsed(await cli(['ls', path, '--json'])));
    }
    expect(readdirSync(folder).sort()).toEqual(['nonsense.json', 'out.json', 'out.sqlite', 'rich.sqlite']);
  });
});

test('migrate exits with 0, reports what was not carried, and leaves the source unchanged', async () => {
  await withRich(async (path, folder) => {
    const before = readFileSync(path);
    const dry = await cli(['migrate', path, join(folder, 'new.sqlite'), '--dry-run']);
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.out).toContain('Would copy 55 volumes, 35 snapshots, 17 connections, 11 key-values');
    expect(existsSync(join(folder, 'new.sqlite'))).toBe(false);
    const { out, code } = await cli(['migrate', path, join(folder, 'new.sqlite')]);
    expect(code).toBe(0);
    expect(out).toContain('Copied 55 volumes');
    expect(out).toContain('not copied: 18 × volume_metadata: rows that are marked as deleted');
    expect(out).toContain('Verified');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect((await cli(['migrate', path, path])).code).toBe(1);
  });
});

test('the JSON of an error has what its class documents', async () => {
  await withRich(async (path, folder) => {
    const copy = join(folder, 'copy.sqlite');
    await cli(['migrate', path, copy]);
    const [{ id } = {}] = nativeRows(copy, 'SELECT id FROM volumes WHERE deleted = 0');
    nativeSql(copy, `UPDATE volumes SET created_at = '2001-01-01 00:00:00' WHERE id = '${id}'`);
    const { code, err } = await cli(['migrate', path, copy, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(err)).toEqual({
      error: {
        ...{ name: 'MigrationConflict', code: 'MIGRATION_CONFLICT', message: expect.stringContaining(String(id)) },
        ...{ kind: 'volume', id, item: `volume ${id}` },
      },
    });
    const missing = await cli(['ls', join(folder, 'none'), '--json']);
    expect(JSON.parse(missing.err)).toMatchObject({ error: { path: join(folder, 'none') } });
  });
});

test('a database that holds only tables of another program is called so, before and after tables are added', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const [path, other] = ['foreign.sqlite', 'other.sqlite'].map((name) => join(folder, name)) as [string, string];
    // SQLite's own table is nobody's: it comes with the keyword.
    for (const file of [path, other]) nativeSql(file, 'CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT)');
    const hint = 'It holds tables of another program, such as users: check that it is the right one.';
    expect(await cli(['ls', path])).toMatchObject({ code: 1, err: expect.stringContaining(hint) });
    expect(await cli(['check', path])).toMatchObject({ code: 3, out: expect.stringContaining(hint) });
    const { error } = JSON.parse((await cli(['info', path, '--json'])).err);
    expect(error).toMatchObject({ name: 'SchemaError', empty: true, other_table: 'users' });
    const note = "note: the target held only tables of another program, such as users; Cinder's tables";
    const dry = await cli(['migrate', source, path, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, err: `${note} would be created beside them.\n` });
    expect(await cli(['migrate', source, path])).toMatchObject({ code: 0, err: `${note} were created beside them.\n` });
    expect(await cli(['migrate', source, path])).toMatchObject({ code: 0, err: '' });
    expect(parsed(await cli(['migrate', source, other, '--json']))).toMatchObject({ created_beside: 'users' });
    expect(parsed(await cli(['migrate', source, other, '--json']))).not.toHaveProperty('created_beside');
    writeFileSync(join(folder, 'empty.sqlite'), '');
    expect((await cli(['ls', `sqlite:///${join(folder, 'empty.sqlite')}`])).err).not.toContain('another program');
    expect(await cli(['migrate', source, join(folder, 'empty.sqlite')])).toMatchObject({ code: 0, err: '' });
  });
});

describe('check', () => {
  test('exits with 0 for a sound database', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
      expect(await cli(['check', path])).toMatchObject({ code: 0, out: 'The database is sound.\n', err: '' });
      // Notes are no reason to look into it.
      nativeSql(path, "INSERT INTO volume_types (deleted, id, name, is_public) VALUES (0, 't', 'gold', 1)");
      const noted = await cli(['check', path]);
      expect(noted).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^note unused_type: .*\nThe database is sound\.\n$/),
      });
    });
  });

  test('reports its findings and exits with 3; --repair shows them first and asks', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
      nativeSql(path, "INSERT INTO volume_attachment (deleted, id, volume_id) VALUES (0, 'lost', 'gone')");
      nativeSql(path, "UPDATE volumes SET status = 'deleting'");
      const found = await cli(['check', path, '--json']);
      expect(found.code).toBe(3);
      expect(parsed(found)).toMatchObject({
        ok: false,
        integrity: [],
        findings: [
          { name: 'connection_without_volume', table: 'volume_attachment', count: 1, ids: ['lost'], repairable: true },
          { name: 'stuck', table: 'volumes', count: 1, repairable: false },
        ],
      });
      const bytes = readFileSync(path);
      // Programs expect nothing but errors on standard error.
      const told = await cli(['check', path, '--repair', '--json']);
      expect([told.code, told.err]).toEqual([3, '']);
      expect(parsed(told)).toMatchObject({ repaired: [] });
      // Standard input is no terminal: there is nobody to ask.
      const asked = await cli(['check', path, '--repair']);
      expect(asked.code).toBe(3);
      expect(asked.err).toContain('volume_attachment: 1 row');
      expect(readFileSync(path).equals(bytes)).toBe(true);
      const repaired = await cli(['check', path, '--repair', '--yes']);
      expect(repaired.code).toBe(3);
      expect(repaired.out).toContain('repaired connection_without_volume: 1');
      expect(nativeRows(path, 'SELECT deleted FROM volume_attachment')).toEqual([{ deleted: 1 }]);
      nativeSql(path, "UPDATE volumes SET status = 'available'");
      expect((await cli(['check', path])).code).toBe(0);
    });
  });

  test('a repair is undone by the statements of docs/cli.md: all its rows have the same time', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('orphans.sqlite.gz', join(folder, 'orphans.sqlite'));
      const before = nativeDump(path);
      const repaired = await cli(['check', path, '--repair', '--yes', '--json']);
      const tables = (parsed(repaired) as { repaired: { table: string }[] }).repaired.map(({ table }) => table);
      expect(tables.length).toBeGreaterThan(3);
      const times = new Set(
        tables
          .flatMap((table) => nativeRows(path, `SELECT max(deleted_at) AS time FROM ${table}`))
          .map(({ time }) => time),
      );
      expect(times.size).toBe(1);
      const where = `WHERE deleted_at = '${[...times][0]}'`;
      for (const table of tables) nativeSql(path, `UPDATE ${table} SET deleted = false, deleted_at = NULL ${where}`);
      expect(nativeDump(path)).toBe(before);
    });
  });

  test('lists what else opening the database for a repair changes', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const [name, said] of [
        ['rev-921e1a36b076.sqlite', 'the schema is upgraded from revision 921e1a36b076'],
        ['no-kv-table.sqlite.gz', 'the table cinderlib_persistence_key_value is created'],
      ] as const) {
        const path = copyGolden(name, join(folder, `${name}.copy`));
        const bytes = readFileSync(path);
        const { err } = await cli(['check', path, '--repair']);
        expect(err).toContain(`The repair opens the database for writing, which also changes this:\n  ${said}`);
        expect(err.match(/^ {2}the /gm)?.length).toBe(1);
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }
      const current = copyGolden('rich.sqlite', join(folder, 'current.sqlite'));
      expect((await cli(['check', current, '--repair'])).err).not.toContain('opened for writing');
    });
  });

  test('does not create a missing database', async () => {
    await inTemporaryFolder(async (folder) => {
      const missing = join(folder, 'missing.sqlite');
      expect((await cli(['check', missing, '--repair', '--yes'])).code).toBe(1);
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  test('reports damage to the file and to the schema', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('no-default-type.sqlite.gz', join(folder, 'schema.sqlite'));
      const result = await cli(['check', path, '--json']);
      expect(result.code).toBe(3);
      expect(parsed(result)).toMatchObject({ ok: false, schema: expect.stringContaining('__DEFAULT__') });
      const finding = { name: 'no_default_type', table: 'volume_types', severity: 'error', repairable: false };
      expect(parsed(result)).toMatchObject({ findings: [finding] });
      // One cause is one error.
      expect((await cli(['check', path])).out.match(/^error .*/gm)).toEqual([
        expect.stringMatching(/^error no_default_type: .*the default volume type is missing;/),
      ]);
      // What restores a type that is marked as deleted is no help here.
      expect((await cli(['check', path])).out).toMatch(/^Take the type from a backup, (?![\s\S]*UPDATE)/m);
      const damaged = copyGolden('rich.sqlite', join(folder, 'damaged.sqlite'));
      const bytes = readFileSync(damaged);
      bytes.fill(0x55, bytes.length - 3000);
      writeFileSync(damaged, bytes);
      expect((await cli(['check', damaged])).code).toBe(3);
    });
  });

  test('prints the statement that restores a default type which is marked as deleted', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('deleted-default-type.sqlite.gz', join(folder, 'deleted.sqlite'));
      expect((await cli(['ls', path])).err).toContain('cinderlib check says how to restore it');
      const { out } = await cli(['check', path]);
      expect(out).toMatch(/^error no_default_type: .*the default volume type is marked as deleted;(?![\s\S]*backup)/);
      const [statement = ''] = /UPDATE volume_types .*/.exec(out) ?? [];
      // The statement of the documentation, too.
      expect(readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')).toContain(statement);
      nativeSql(path, statement);
      expect(parsed(await cli(['check', path, '--json']))).toMatchObject({ schema: null });
    });
  });
});

describe('secrets', () => {
  const secrets = ['chap-S3cret', 'keyring-S3cret', 'meta-S3cret', 'kv-S3cret', 'url-S3cret', 'spec-S3cret'];

  async function withSecrets(use: (path: string, ids: readonly string[]) => Promise<void>): Promise<void> {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
      const info = {
        conn: {
          driver_volume_type: 'rbd',
          data: { auth_password: 'chap-S3cret', keyring: '[client]\n key = keyring-S3cret' },
        },
        connector: { note: 'mysql://u:url-S3cret@h/d' },
      };
      nativeSql(
        path,
        `UPDATE volumes SET provider_auth = 'CHAP user chap-S3cret', display_description = 'postgresql://a:url-S3cret@h/d';
         INSERT INTO volume_attachment (deleted, id, volume_id, connection_info)
           SELECT 0, 'c', id, '${JSON.stringify(info).replaceAll("'", "''")}' FROM volumes;
         INSERT INTO volume_metadata (deleted, volume_id, key, value) SELECT 0, id, 'san_password', 'meta-S3cret' FROM volumes;
         INSERT INTO volume_admin_metadata (deleted, volume_id, key, value) SELECT 0, id, 'x', '{"token": "spec-S3cret"}' FROM volumes;
         INSERT INTO cinderlib_persistence_key_value VALUES ('node', '{"chap": {"secret": "kv-S3cret"}}'), ('db_password', 'kv-S3cret')`,
      );
      const [{ id } = {}] = nativeRows(path, 'SELECT id FROM volumes');
      await use(path, [String(id), 'c', 'node', 'db_password']);
    });
  }

  test('appear in no output unless --show-secrets is given', async () => {
    await withSecrets(async (path, ids) => {
      const commands = [
        ['info', path],
        ...['volumes', 'snapshots', 'connections', 'key-values', 'backends'].map((kind) => ['ls', path, kind]),
        ...ids.map((id) => ['show', path, id]),
        ['dump', path],
        ['check', path],
        ['migrate', path, `${path}.copy`],
      ];
      const asJson = ['show', 'dump', 'migrate'];
      const both = commands.flatMap((each) => (asJson.includes(each[0] ?? '') ? [each, [...each, '--json']] : [each]));
      for (const command of both) {
        const { out, err } = await cli(command);
        for (const secret of secrets) expect.soft(out + err, command.join(' ')).not.toContain(secret);
      }
      const all = await cli(['dump', path, '--show-secrets']);
      for (const secret of secrets) expect(all.out).toContain(secret);
      const masked = await cli(['dump', path]);
      expect(masked.err).toContain('--show-secrets');
      const refused = await cli(['load', '-', `${path}.loaded`], { input: masked.out });
      expect(refused).toMatchObject({ code: 1 });
    });
  });

  test('are never loaded once masked, wherever they occur', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
      nativeSql(
        path,
        `UPDATE volumes SET replication_driver_data = '{"password": "S3cret"}';
         INSERT INTO cinderlib_persistence_key_value VALUES ('db_password', 'S3cret')`,
      );
      const { out } = await cli(['dump', path, '--no-key-values']);
      expect(JSON.parse(out)).toMatchObject([{ masked: true, class: 'Volume' }]);
      const [{ id } = {}] = nativeRows(path, 'SELECT id FROM volumes');
      const shown = await cli(['show', path, String(id), '--json']);
      const pair = await cli(['show', path, 'db_password', '--json']);
      expect(JSON.parse(pair.out)).toEqual({ masked: true, class: 'KeyValue', key: 'db_password', value: '***' });
      for (const text of [out, shown.out, pair.out]) {
        expect(text).not.toContain('S3cret');
        const refused = await cli(['load', '-', join(folder, 'new.sqlite'), '--json'], { input: text });
        expect(refused).toMatchObject({ code: 1, out: '' });
        expect(JSON.parse(refused.err)).toMatchObject({ error: { name: 'InvalidDump' } });
        const cl = await setup({ fail_on_missing_backend: false });
        await expect(cl.load(text, { save: true })).rejects.toMatchObject({ name: 'InvalidDump' });
        await cl.close();
      }
      const whole = await cli(['dump', path, '--show-secrets']);
      expect(whole.out).not.toContain('"masked"');
      expect(await cli(['load', '-', join(folder, 'new.sqlite')], { input: whole.out })).toMatchObject({ code: 0 });
    });
  });

  test.each([
    ['info', 'mysql://user:url-S3cret@127.0.0.1:1/d'],
    ['info', 'postgresql://user:url-S3cret@127.0.0.1:1/d?password=url-S3cret'],
    ['ls', '{"storage": "db", "connection": "url-S3cret'],
    ['ls', '{"storage": "db", "connection": "nosuch://u:url-S3cret@h/d"}'],
    ['ls', '{"storage": "no such plugin", "password": "url-S3cret"}'],
    ['migrate', 'sqlite:///nothing.sqlite', 'mysql://user:url-S3cret@127.0.0.1:1/d'],
  ])('appear in no error: %s %s', async (...command) => {
    const { out, err, code } = await cli(command);
    expect(code).toBe(1);
    expect(out + err).not.toContain('S3cret');
    expect(err).not.toBe('');
  });
});

describe('storageArgument() and malformed URLs', () => {
  const slips = [
    'postgresql:/user:hunter2@host/db',
    'mysql//user:hunter2@host/db',
    'postgresql:user:hunter2@host/db',
    ' mysql://user:hunter2@host/db',
    'mysql+pymysql:/user:hunter2@host/db.json',
    'user:hunter2@host/db',
    '//user:hunter2@host/db',
    'mysql:/host/db?password=hunter2',
  ];

  test('refuses a malformed URL instead of taking it for a path, and hides its password', () => {
    for (const url of slips) {
      expect(() => storageArgument(url), url).toThrow(InvalidOption);
      expect(() => storageArgument(url), url).not.toThrow('hunter2');
    }
  });

  test.each(['cl.sqlite', './a:b@c', '/var/a:b@c.sqlite', '-', '{"a": "b:c@d"}', 'mysql/dump.sql', 'a@b:c', 'C:/x'])(
    'accepts %s',
    (argument) => {
      expect(storageArgument(argument)).toBe(argument);
    },
  );

  test('accepts an argument that looks like a URL if a file has that name', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = `test/../${relative(process.cwd(), join(folder, 'at 10:30@host.json'))}`;
      expect(() => storageArgument(path)).toThrow(InvalidOption);
      writeFileSync(path, '[]');
      expect(storageArgument(path)).toBe(path);
    });
  });

  test.each<[number, string[]]>([
    [1, ['info', 'postgresql:/user:hunter2@host/db']],
    [1, ['ls', 'mysql//user:hunter2@host/db', '--json']],
    [1, ['ls', '/user:hunter2@host', '--json']],
    [1, ['migrate', 'none.sqlite', '/user:hunter2@host/db']],
    [1, ['convert', '-', './mysql:user:hunter2@host/out.json']],
    [2, ['ls', 'volumes', 'mysql://user:hunter2@host/db']],
    [2, ['mysql://user:hunter2@host/db']],
    [2, ['ls', '--url=mysql://user:hunter2@host/db']],
  ])('the command exits with %i and hides the password: %j', async (expectedCode, command) => {
    const { code, out, err } = await cli(command, { input: '[]' });
    expect([code, out]).toEqual([expectedCode, '']);
    expect(err).not.toBe('');
    expect(err).not.toContain('hunter2');
  });
});

describe('a wrong command line exits with 2', () => {
  test.each([
    [['nonsense'], 'unknown command'],
    [['ls'], "missing required argument 'url'"],
    [['ls', 'x', 'nonsense'], 'Allowed choices are volumes, snapshots, connections, key-values, backends'],
    [['ls', 'x', '--jsno'], 'Did you mean --json?'],
    [['show', 'x'], "missing required argument 'id'"],
  ])('%j', async (command, message) => {
    const { code, err, out } = await cli(command);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });
});

test('help exits with 0', async () => {
  for (const command of [
    ['--help'],
    ['help'],
    ['help', '--json'],
    ['help', 'help'],
    ['help', 'migrate'],
    ['check', '--help'],
  ]) {
    const { code, out, err } = await cli(command);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Usage: cinderlib/);
  }
});

test.each(['--version', '-V'])('%s prints the version of the package', async (option) => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(await cli([option])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('the help tells every exit code that a command can choose', async () => {
  const { out } = await cli(['--help']);
  const told = out.slice(out.indexOf('Exit codes:'));
  // The others are those of signals.
  const chosen = Object.values(exitCodes).filter((code) => code < 128);
  expect([...told.matchAll(/\b\d\b/g)].map(([code]) => Number(code))).toEqual(chosen);
});

test('the help of dump promises only what a masked dump keeps', async () => {
  const { out } = await cli(['dump', '--help']);
  expect(out).toContain('with --show-secrets it can be loaded again');
  expect(out).not.toContain('load() takes');
  expect(out).toMatch(/--json +print errors as JSON too/);
  expect((await cli(['migrate', '--help'])).out).toMatch(/--show-secrets +print differences unmasked/);
});

test('the help of each command that reads a storage says that it reads dumps too', async () => {
  for (const command of ['ls', 'show', 'dump', 'migrate']) {
    const help = (await cli([command, '--help'])).out.replace(/\s+/g, ' ');
    expect(help, command).toMatch(
      / (?:url|from) a database URL, the path of a SQLite file or a dump \(JSON, kubectl, pg_dump or mysqldump, optionally gzipped\), - for standard input/,
    );
  }
  // These take only storages.
  for (const [command, argument] of [
    ['load', 'url'],
    ['migrate', 'to'],
  ] as const) {
    const help = (await cli([command, '--help'])).out.replace(/\s+/g, ' ');
    expect(help, command).toContain(
      ` ${argument} a database URL, the path of a SQLite file, or a persistence_config as JSON`,
    );
  }
});

test('--json prints errors as JSON too', async () => {
  const { code, out, err } = await cli(['ls', 'missing.sqlite', '--json'], { cwd: '/' });
  expect([code, out]).toEqual([1, '']);
  expect(JSON.parse(err)).toEqual({
    error: {
      name: 'DatabaseUnavailable',
      path: 'missing.sqlite',
      code: 'DATABASE_UNAVAILABLE',
      message: 'Cannot read missing.sqlite: no such file.',
    },
  });
});

test.each([
  [['ls'], 2, 'UsageError', "missing required argument 'url'"],
  [['lss', 'x'], 2, 'UsageError', 'Did you mean ls?'],
  [['ls', 'x', 'nonsense'], 2, 'UsageError', 'Allowed choices are'],
  [[], 2, 'UsageError', "unknown option '--json'\n(It follows the command: cinderlib COMMAND … --json)"],
  [['convert', 'x', 'mysql://u@h/d', '--force'], 2, 'UsageError', '--force requires a file'],
  [['show', 'test/golden/one.sqlite', 'nobody'], 4, 'NotFound', '"nobody"'],
])('--json prints the error of %j as JSON', async (command, code, name, message) => {
  const root = join(import.meta.dirname, '../..');
  const ran = await cli([...command, '--json'], { cwd: root });
  expect([ran.code, ran.out]).toEqual([code, '']);
  expect(JSON.parse(ran.err)).toEqual({
    error: { name, code: name === 'NotFound' ? 'NOT_FOUND' : 'USAGE_ERROR', message: expect.stringContaining(message) },
  });
});

test('a reader that closes the pipe early causes no failure', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
    const program = join(import.meta.dirname, '../../dist/cli.js');
    const script = `set -o pipefail; "$0" "$1" ls "$2" | head -1`;
    const out = execFileSync('bash', ['-c', script, process.execPath, program, path], { encoding: 'utf8' });
    expect(out).toBe('id\tname\tsize\tstatus\tbackend\ttype\n');
  });
});
