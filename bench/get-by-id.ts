/** Reads single volumes by id, with their metadata, type, specs and attachments. */
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { compared, type Figure, onDisk, rate } from './measure.ts';
import { type NativeDatabase, nativeDatabase } from './peer.ts';

const stored = 1000;
const count = 500;
const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

export async function getById(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const path = join(folder, 'volumes.sqlite');
    const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });
    const backend = await cl.backend({ volume_backend_name: 'bench', volume_driver: driver });
    const volumes = await Promise.all(
      Array.from({ length: stored }, (_, n) => backend.createVolume(1, { metadata: { n: String(n) } })),
    );
    const ids = volumes.slice(0, count).map(({ id }) => id);
    const oneByOne = await rate(count, async () => {
      for (const id of ids) await cl.Volume.getById(id);
    });
    const together = await rate(count, () => Promise.all(ids.map((id) => cl.Volume.getById(id))));
    await cl.close();
    const peer = nativeDatabase(path);
    const read = nativeRead(peer);
    const native = await rate(count, () => {
      for (const id of ids) read(id);
    });
    peer.close();
    return [
      compared('get by id, one after the other (better-sqlite3, same queries, rows only)', 'gets/s', oneByOne, native),
      compared(`get by id, ${count} sent at once (the same peer)`, 'gets/s', together, native),
    ];
  });
}

/** Reads the rows of a volume as plain objects; the peer does not build the library's objects from them. */
export function nativeRead(database: NativeDatabase): (id: string) => void {
  const queries = [
    'SELECT * FROM volumes WHERE id = ? AND deleted = 0',
    'SELECT * FROM volume_metadata WHERE volume_id = ? AND deleted = 0',
    'SELECT * FROM volume_admin_metadata WHERE volume_id = ? AND deleted = 0',
    'SELECT * FROM volume_attachment WHERE volume_id = ? AND deleted = 0',
    'SELECT t.* FROM volume_types t JOIN volumes v ON v.volume_type_id = t.id WHERE v.id = ? AND t.deleted = 0',
    'SELECT s.* FROM volume_type_extra_specs s JOIN volumes v ON v.volume_type_id = s.volume_type_id ' +
      'WHERE v.id = ? AND s.deleted = 0',
  ].map((sql) => database.prepare(sql));
  return (id) => {
    for (const query of queries) query.all(id);
  };
}
