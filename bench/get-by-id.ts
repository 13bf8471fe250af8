/** Reads single volumes by id, with their metadata, type, specs and attachments. */
import { join } from 'node:path';
import { compared, type Figure, onDisk, rate } from './measure.ts';
import { openOurs } from './ours.ts';
import { nativeDatabase, nativeRead } from './peer.ts';

const stored = 1000;
const count = 500;

export async function getById(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const path = join(folder, 'volumes.sqlite');
    const { cl, backend } = await openOurs(path);
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
