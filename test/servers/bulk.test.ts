/** A migration into a server, which stores many objects with one statement: what must stay exact all the same. */
import { join } from 'node:path';
import { migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { rowsOf } from '../support/server-rows.ts';
import { nameIn, serverKinds, useServer } from '../support/server-tests.ts';
import { nativeSql } from '../support/tables.ts';

const at = (connection: string): PersistenceConfig => ({ storage: 'db', connection });

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);

  /** Makes both databases: the source, changed by the given statement, and the target with its tables. */
  async function prepared(sql: string, use: (source: string, target: string) => Promise<void>): Promise<void> {
    await inTemporaryFolder(async (folder) => {
      const source = copyGolden('many.sqlite.gz', join(folder, 'source.sqlite'));
      nativeSql(
        source,
        `DELETE FROM volumes WHERE rowid > 150; DELETE FROM snapshots; DELETE FROM volume_metadata WHERE volume_id NOT IN (SELECT id FROM volumes); ${sql}`,
      );
      const target = await server.running.createDatabase();
      await (await setup({ persistence_config: at(target) })).close();
      await use(`sqlite:///${source}`, target);
    });
  }

  test('a text that is too long fails the migration, names its volume, and stores nothing', async (context) => {
    server.require(context);
    const long = `UPDATE volumes SET display_name = printf('%0300d', 1) WHERE rowid = 75`;
    await prepared(long, async (source, target) => {
      const before = rowsOf(server.running, nameIn(target));
      const failure = migrate(at(source), at(target));
      await expect(failure).rejects.toMatchObject({
        name: 'ValueError',
        item: expect.stringMatching(/^volume .{36}$/),
      });
      await expect(failure).rejects.toThrow('volumes.display_name has 300 characters');
      expect(rowsOf(server.running, nameIn(target))).toEqual(before);
    });
  });

  test('ids that differ only in case stay distinct on PostgreSQL, and conflict on MySQL', async (context) => {
    server.require(context);
    const twins = `UPDATE volumes SET id = 'twin' WHERE rowid = 1; UPDATE volumes SET id = 'TWIN' WHERE rowid = 2`;
    await prepared(twins, async (source, target) => {
      const before = rowsOf(server.running, nameIn(target));
      const migrating = migrate(at(source), at(target));
      if (kind === 'postgresql') {
        expect(await migrating).toMatchObject({ volumes: 150, differences: [] });
        return;
      }
      await expect(migrating).rejects.toMatchObject({ name: 'MigrationConflict', id: 'twin' });
      expect(rowsOf(server.running, nameIn(target))).toEqual(before);
    });
  });

  test('a second run changes no row, and a third restores deleted rows', async (context) => {
    server.require(context);
    await prepared('', async (source, target) => {
      await migrate(at(source), at(target));
      const first = rowsOf(server.running, nameIn(target));
      expect(await migrate(at(source), at(target))).toMatchObject({ volumes: 150, differences: [] });
      expect(rowsOf(server.running, nameIn(target))).toEqual(first);
      server.running.sql(
        `DELETE FROM volume_metadata WHERE volume_id LIKE '%a' OR volume_id LIKE '%3';
         DELETE FROM volumes WHERE id LIKE '%a' OR id LIKE '%3'`,
        nameIn(target),
      );
      expect(await migrate(at(source), at(target))).toMatchObject({ volumes: 150, differences: [] });
    });
  });
});
