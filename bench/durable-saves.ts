/** Creates volumes with one metadata key each; each is on the disk before it is acknowledged. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Backend } from 'cinderlib-wasm';
import { compared, type Figure, onDisk, rate } from './measure.ts';
import { openOurs } from './ours.ts';
import { emptyDatabase, type NativeDatabase, nativeWriter } from './peer.ts';

const count = 300;

export async function durableSaves(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const { cl, backend } = await openOurs(join(folder, 'ours.sqlite'));
    const oneByOne = await rate(count, () => createOneByOne(backend));
    const together = await rate(count, () => createTogether(backend));
    await cl.close();

    const path = join(folder, 'peer.sqlite');
    await emptyDatabase(`sqlite:///${path}`);
    const peer = nativeWriter(path);
    const create = nativeCreate(peer);
    const native = await rate(count, () => {
      for (let n = 0; n < count; n++) create(n);
    });
    peer.close();
    return [
      compared('durable saves, one after the other (better-sqlite3, TRUNCATE)', 'saves/s', oneByOne, native),
      compared(
        `durable saves, ${count} sent at once (better-sqlite3, one after the other)`,
        'saves/s',
        together,
        native,
      ),
    ];
  });
}

async function createOneByOne(backend: Backend): Promise<void> {
  for (let n = 0; n < count; n++) await backend.createVolume(1, fields(n));
}

async function createTogether(backend: Backend): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => backend.createVolume(1, fields(n))));
}

function fields(n: number): Record<string, unknown> {
  return { name: `volume ${n}`, metadata: { n: String(n) } };
}

/** The same rows, in the same number of transactions. */
function nativeCreate(database: NativeDatabase): (n: number) => void {
  const typeId = database.prepare("SELECT id FROM volume_types WHERE name = '__DEFAULT__'").all()[0]?.['id'];
  const volume = database.prepare(
    'INSERT INTO volumes (id, user_id, project_id, host, size, status, attach_status, display_name, display_description, ' +
      'created_at, deleted, bootable, multiattach, use_quota, shared_targets, volume_type_id) ' +
      "VALUES (?, 'cinderlib', 'cinderlib', 'host@bench#bench', 1, 'available', 'detached', ?, '', ?, 0, 0, 0, 1, 1, ?)",
  );
  const metadata = database.prepare(
    'INSERT INTO volume_metadata (volume_id, "key", value, created_at, deleted) VALUES (?, \'n\', ?, ?, 0)',
  );
  return database.transaction((n) => {
    const id = randomUUID();
    const now = new Date().toISOString().replace('T', ' ').replace('Z', '000');
    volume.run(id, `volume ${n}`, now, typeId);
    metadata.run(id, String(n), now);
  });
}
