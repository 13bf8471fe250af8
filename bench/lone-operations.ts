/** Single operations with a pause before each, as a person or a rarely used service causes them: their latency. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Figure, median, onDisk } from './measure.ts';
import { openOurs } from './ours.ts';
import { nativeRead, nativeWriter } from './peer.ts';

const count = 30;
/** Milliseconds. Long enough that nothing of the operation before is still warm, in the kernel either. */
const gap = 100;

export async function loneOperations(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const path = join(folder, 'volumes.sqlite');
    const { cl, backend } = await openOurs(path);
    const volume = await backend.createVolume(1, { name: 'lone', metadata: { n: '1' } });
    const get = await latency(() => cl.Volume.getById(volume.id));
    const save = await latency((n) => {
      volume.display_name = `lone ${n}`;
      return volume.save();
    });
    await cl.close();

    const peer = nativeWriter(path);
    const read = nativeRead(peer);
    const update = peer.prepare('UPDATE volumes SET display_name = ?, updated_at = ? WHERE id = ?');
    const nativeGet = await latency(() => read(volume.id));
    const nativeSave = await latency((n) => update.run(`peer ${n}`, new Date().toISOString(), volume.id));
    peer.close();
    return [
      figure(`a get by id, ${gap} ms after the last (better-sqlite3, same queries, rows only)`, get, nativeGet),
      figure(`a durable save, ${gap} ms after the last (better-sqlite3, TRUNCATE)`, save, nativeSave),
    ];
  });
}

/** The median time of an operation that follows a pause, in milliseconds. */
async function latency(operation: (n: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    await pause(gap);
    const start = performance.now();
    await operation(n);
    times.push(performance.now() - start);
  }
  return median(times);
}

function figure(what: string, ours: number, peer: number): Figure {
  return { what, ours: `${ours.toFixed(2)} ms`, peer: `${peer.toFixed(2)} ms`, ratio: (peer / ours).toFixed(2) };
}
