/** Lists 10,000 volumes with everything that belongs to them. */
import { join } from 'node:path';
import { compared, type Figure, onDisk, rate } from './measure.ts';
import { openOurs } from './ours.ts';
import { type NativeDatabase, nativeDatabase } from './peer.ts';

const count = 10_000;

export async function listing(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const path = join(folder, 'volumes.sqlite');
    const { cl, backend } = await openOurs(path);
    for (let made = 0; made < count; made += 1000) {
      await Promise.all(
        Array.from({ length: 1000 }, (_, n) => backend.createVolume(1, { metadata: { n: String(n) } })),
      );
    }
    const listed = await rate(count, () => cl.persistence.getVolumes());
    const paged = await rate(count, async () => {
      let seen = 0;
      for await (const volume of cl.Volume.iterate()) seen += volume.id === '' ? 0 : 1;
      if (seen !== count) throw new Error(`${seen} volumes of ${count}`);
    });
    await cl.close();
    const peer = nativeDatabase(path);
    const native = await rate(count, () => nativeList(peer));
    peer.close();
    return [
      compared('list 10,000 (better-sqlite3, same queries, rows only)', 'volumes/s', listed, native),
      compared('iterate over 10,000, page by page (the same peer)', 'volumes/s', paged, native),
    ];
  });
}

function nativeList(database: NativeDatabase): void {
  for (const sql of [
    'SELECT * FROM volumes WHERE deleted = 0 ORDER BY created_at DESC, id DESC',
    'SELECT * FROM volume_metadata WHERE deleted = 0',
    'SELECT * FROM volume_admin_metadata WHERE deleted = 0',
    'SELECT * FROM volume_attachment WHERE deleted = 0',
    'SELECT * FROM volume_types WHERE deleted = 0',
    'SELECT * FROM volume_type_extra_specs WHERE deleted = 0',
  ]) {
    database.prepare(sql).all();
  }
}
