/** A server whose disk is full: the error says so, acknowledged changes are there, and no others, not even by half. */
import { chownSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { rowsOf } from '../support/server-rows.ts';
import { nameIn, serverKinds, useServer } from '../support/server-tests.ts';
import { noSmallDisk, SmallDisk } from '../support/small-disk.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const megabytes = 24;
const at = (connection: string): PersistenceConfig => ({ storage: 'db', connection });

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);

  /** An empty database whose files are on a small disk, unlike those of the server itself. */
  async function onSmallDisk(use: (disk: SmallDisk, connection: string) => Promise<void>): Promise<string | null> {
    const connection = await server.running.createDatabase();
    const name = nameIn(connection);
    if (kind === 'mysql') {
      const folder = join(server.running.sql('SELECT @@datadir').trim(), name);
      const kept = mkdtempSync(join(tmpdir(), 'kept-'));
      cpSync(folder, kept, { recursive: true });
      const disk = SmallDisk.mount(folder, megabytes);
      if (disk === null) return noSmallDisk;
      cpSync(kept, folder, { recursive: true });
      rmSync(kept, { recursive: true });
      const { uid, gid } = statSync(folder);
      for (const file of readdirSync(folder)) chownSync(join(folder, file), uid, gid);
      await useAndUnmount(disk, () => use(disk, connection));
      return null;
    }
    const data = server.running.sql('SHOW data_directory').trim();
    const folder = mkdtempSync(join(tmpdir(), 'space-'));
    const { uid, gid } = statSync(data);
    chownSync(folder, uid, gid);
    const disk = SmallDisk.mount(folder, megabytes);
    if (disk === null) return noSmallDisk;
    await useAndUnmount(disk, async () => {
      server.running.sql(`CREATE TABLESPACE small LOCATION '${folder}'`);
      server.running.sql(`ALTER DATABASE ${name} SET TABLESPACE small`);
      await use(disk, connection);
      server.running.sql(`DROP DATABASE ${name} WITH (FORCE)`);
      server.running.sql('DROP TABLESPACE small');
    });
    rmSync(folder, { recursive: true });
    return null;
  }

  test('saves and migrations fail with ENOSPC until there is room, and nothing acknowledged is lost', async (context) => {
    server.require(context);
    const missing = await onSmallDisk(async (disk, connection) => {
      const cl = await setup({ persistence_config: at(connection) });
      const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
      disk.fill(0);
      const acknowledged = new Set<string>();
      const failures: unknown[] = [];
      // Saves that fit into existing pages still succeed.
      for (let n = 0; n < 5000 && failures.length === 0; n += 50) {
        const saves = Array.from({ length: 50 }, () =>
          backend.createVolume(1, { metadata: { text: 'x'.repeat(200), other: 'y'.repeat(200) } }),
        );
        for (const result of await Promise.allSettled(saves)) {
          if (result.status === 'fulfilled') acknowledged.add(result.value.id);
          else failures.push(result.reason);
        }
      }
      for (const failure of failures) expect(failure).toMatchObject({ name: 'StorageFailure', errno: 'ENOSPC' });
      expect(String(failures[0])).toMatch(/The disk of .* is full/);
      const found = await cl.persistence.getVolumes();
      expect(new Set(found.map(({ id }) => id))).toEqual(acknowledged);
      expect(found.every(({ metadata }) => Object.keys(metadata ?? {}).length === 2)).toBe(true);

      const rows = (): readonly string[] => rowsOf(server.running, nameIn(connection));
      const before = rows();
      await inTemporaryFolder(async (folder) => {
        const source = at(`sqlite:///${copyGolden('many.sqlite.gz', join(folder, 'source.sqlite'))}`);
        const failing = migrate(source, at(connection));
        await expect(failing).rejects.toMatchObject({ name: 'StorageFailure', errno: 'ENOSPC' });
        expect(rows()).toEqual(before);
        disk.clear();
        expect(await migrate(source, at(connection))).toMatchObject({ volumes: 5000, differences: [] });
      });
      await backend.createVolume(1);
      await cl.close();
    });
    if (missing !== null) context.skip(missing);
  });
});

async function useAndUnmount(disk: SmallDisk, use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } finally {
    disk.unmount();
  }
}
