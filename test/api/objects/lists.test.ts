/** The lists of a backend and of a volume: complete whatever happens meanwhile, and copies. */
import { type Backend, type Cinderlib, type Snapshot, type SnapshotFilter, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { pooled, withPools } from '../../support/pooled-backend.ts';

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('the list of a backend has each volume once, whatever happens while it is read', async () => {
    const [one, [, made], two] = await Promise.all([
      b.volumes(),
      Promise.all([b.refresh(), b.createVolume(1)]),
      b.volumes(),
    ]);
    expect(two.length).toBeLessThanOrEqual(1);
    expect((await b.volumes()).map(({ id }) => id)).toEqual([made.id]);
    expect(one).not.toBe(await b.volumes());
    for (const vol of await b.volumes()) await vol.clone();
    expect((await b.volumes()).length).toBe(2);
  });

  test('a volume is not deleted if another object has created a snapshot of it', async () => {
    const vol = await b.createVolume(1);
    const other = await cl.Volume.getById(vol.id);
    await vol.snapshots();
    await other.createSnapshot();
    await expect(vol.delete()).rejects.toMatchObject({ name: 'InvalidVolume' });
    expect((await cl.persistence.getSnapshots()).length).toBe(1);
  });

  test('returned lists are copies, which the caller may change', async () => {
    const vol = await b.createVolume(1);
    for (const name of ['1', '2']) await vol.createSnapshot({ name });
    for (const host of ['1', '2']) await vol.connect({ host });
    const { length } = await cl.dumps();
    for (const list of [await b.volumes(), await vol.snapshots(), await vol.connections()]) {
      Reflect.apply(Array.prototype.splice, list, [0, 1]);
    }
    expect([(await vol.snapshots()).length, (await vol.connections()).length]).toEqual([2, 2]);
    expect((await cl.dumps()).length).toBe(length);
  });
});

class SlowNotes extends NoteBook {
  override async getSnapshots(filter: SnapshotFilter = {}): Promise<Snapshot[]> {
    const found = await super.getSnapshots(filter);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return found;
  }
}

test('a snapshot that is created while the list is read is in the list', async () => {
  const cl = await setup({ persistence_config: { storage: SlowNotes } });
  const b = await cl.backend(pooled);
  const { id } = await b.createVolume(1);
  const vol = await cl.Volume.getById(id);
  const reading = vol.snapshots();
  const snap = await vol.createSnapshot();
  await reading;
  expect((await vol.snapshots()).map((one) => one.id)).toEqual([snap.id]);
  await cl.close();
});
