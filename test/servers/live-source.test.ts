/** Databases on servers are read while others write to them: what is read comes from one state all the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type MigrationReport, migrate, type PersistenceConfig } from 'cinderlib-wasm';
import { describe, expect, type TestContext, test } from 'vitest';
import { cli, program } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { objectRows } from '../support/server-rows.ts';
import { nameIn, serverKinds, useServer } from '../support/server-tests.ts';
import { nativeSql } from '../support/tables.ts';

const at = (connection: string): PersistenceConfig => ({ storage: 'db', connection });
/** Three pages: the last is read after the first has been stored. */
const volumes = 300;

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);
  const sql = (text: string, url: string): string => server.running.sql(text, nameIn(url));

  /** A database with volumes and a key-value; each test leaves it as its writer did. */
  let source: string;
  async function prepare(context: TestContext): Promise<void> {
    server.require(context);
    source ??= await inTemporaryFolder(async (folder) => {
      const file = copyGolden('many.sqlite.gz', join(folder, 'source.sqlite'));
      const fewer = `DELETE FROM volumes WHERE rowid > ${volumes}; DELETE FROM snapshots;
        DELETE FROM volume_metadata WHERE volume_id NOT IN (SELECT id FROM volumes);
        INSERT INTO cinderlib_persistence_key_value VALUES ('key', 'value')`;
      nativeSql(file, fewer);
      const made = await server.running.createDatabase();
      await migrate(at(`sqlite:///${file}`), at(made), { verify: false });
      return made;
    });
  }

  let changes = 0;
  /** Changes every volume, adds and removes children, removes the last volume, and changes a key-value. */
  function change(): void {
    const number = ++changes;
    sql(
      `UPDATE volumes SET display_name = 'changed ${number}', updated_at = '203${number}-01-01 00:00:00';
       INSERT INTO volume_metadata (volume_id, ${kind === 'mysql' ? '`key`' : 'key'}, value, deleted, created_at)
         SELECT min(id), 'added ${number}', 'v', false, '203${number}-01-01 00:00:00' FROM volumes;
       DELETE FROM volume_metadata WHERE volume_id = (SELECT max(id) FROM volumes);
       DELETE FROM volumes WHERE id = (SELECT id FROM (SELECT max(id) AS id FROM volumes) AS last);
       UPDATE cinderlib_persistence_key_value SET value = 'changed ${number}'`,
      source,
    );
  }

  /** Ends all connections to the source. */
  function disconnect(): void {
    const database = nameIn(source);
    if (kind === 'postgresql') {
      server.running.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`);
      return;
    }
    const found = `SELECT concat('KILL ', id, ';') FROM information_schema.processlist WHERE db = '${database}'`;
    server.running.sql(server.running.sql(found));
  }

  /** Migrates, and runs something once the first page has been stored. */
  function migrating(target: string, meanwhile: () => void): Promise<MigrationReport> {
    let isFirst = true;
    const on_progress = (): void => {
      if (isFirst) meanwhile();
      isFirst = false;
    };
    return migrate(at(source), at(target), { on_progress });
  }

  const rowsIn = (url: string): readonly string[] => objectRows(server.running, nameIn(url));

  test('a migration carries the state at its beginning, whoever writes to the source meanwhile', async (context) => {
    await prepare(context);
    const target = await server.running.createDatabase();
    const before = rowsIn(source);
    const report = await migrating(target, change);
    expect(report).toMatchObject({ key_values: 1, differences: [], not_carried: [] });
    expect(rowsIn(source)).not.toEqual(before);
    expect(rowsIn(target)).toEqual(before);
  });

  test('a dump contains the state at its beginning, whoever writes meanwhile', async (context) => {
    await prepare(context);
    const parameters = ['dump', source, '--show-secrets', '--json'];
    const before = await cli(parameters);
    expect(before).toMatchObject({ code: 0, err: '' });
    // Far more than a pipe holds: the program cannot end before its output is read.
    expect(before.out.length).toBeGreaterThan(200_000);
    const child = spawn(process.execPath, [program, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (out === '') change();
      out += text;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(out).toBe(before.out);
  });

  test('a migration that loses its connection continues on another, unless the source was changed', async (context) => {
    await prepare(context);
    const target = await server.running.createDatabase();
    const changed = migrating(target, () => {
      change();
      disconnect();
    });
    await expect(changed).rejects.toMatchObject({ name: 'SourceChanged' });
    expect(sql('SELECT count(*) FROM volumes', target).trim()).toBe('0');
    expect(await migrating(target, disconnect)).toMatchObject({ differences: [] });
    expect(rowsIn(target)).toEqual(rowsIn(source));
  });
});
