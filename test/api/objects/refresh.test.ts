/** `refresh()`: what it reads again, and what it leaves unchanged. */
import { type Snapshot, type SnapshotFilter, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { failureOf } from '../../support/failure-of.ts';
import { pooled } from '../../support/pooled-backend.ts';
import { useContexts } from '../../support/use-contexts.ts';

const start = useContexts();

describe('refresh()', () => {
  test("updates a volume's fields, snapshots and connections", async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    expect([await volume.snapshots(), await volume.connections()]).toEqual([[], []]);
    const other = await cl.Volume.getById(volume.id);
    const snapshot = await other.createSnapshot({ name: 's' });
    const connection = await other.connect({ host: 'x' });
    await other.extend(3);
    await volume.refresh();
    expect([volume.size, volume.status]).toEqual([3, 'in-use']);
    expect((await volume.snapshots()).map(({ id }) => id)).toEqual([snapshot.id]);
    expect((await volume.connections()).map(({ id }) => id)).toEqual([connection.id]);
    expect(await (await volume.snapshots())[0]?.volume()).toBe(volume);
    expect(await (await volume.connections())[0]?.volume()).toBe(volume);
  });

  test('removes deleted children of a volume', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const snapshot = await volume.createSnapshot();
    expect((await volume.snapshots()).length).toBe(1);
    await (await cl.Snapshot.getById(snapshot.id)).delete();
    await volume.refresh();
    expect(await volume.snapshots()).toEqual([]);
  });

  test('updates a connection that was changed through another object', async () => {
    const { cl, backend } = await start('memory_db');
    const connection = await (await backend.createVolume(1)).connect({ host: 'x' });
    const other = await cl.Connection.getById(connection.id);
    await other.attach();
    other.mountpoint = '/mnt';
    await other.save();
    expect([connection.attached, connection.mountpoint]).toEqual([false, null]);
    await connection.refresh();
    expect([connection.attached, connection.path, connection.mountpoint]).toEqual([true, other.path, '/mnt']);
  });

  // As in Python's cinderlib, a refreshed connection equals one that was just read, including its volume.
  test('makes a connection dump like one that was just read', async () => {
    const { cl, backend } = await start('memory_db');
    const { id } = await (await backend.createVolume(1)).connect({ host: 'x' });
    const connection = await cl.Connection.getById(id);
    await connection.refresh();
    expect(connection.jsons()).toBe((await cl.Connection.getById(id)).jsons());
    const other = await cl.Connection.getById(id);
    other.mountpoint = '/mnt';
    await other.save();
    await connection.refresh();
    expect(connection.jsons()).toBe((await cl.Connection.getById(id)).jsons());
    expect(connection.jsons().match(/"mountpoint":"\/mnt"/g)).toHaveLength(2);
    expect(await (await (await connection.volume()).connections())[0]?.volume()).toBe(await connection.volume());
  });

  test('fails if the object was deleted', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'x' });
    await (await cl.Connection.getById(connection.id)).disconnect();
    await (await cl.Volume.getById(volume.id)).delete();
    expect((await failureOf(connection.refresh())).name).toBe('ConnectionNotFound');
    expect((await failureOf(volume.refresh())).name).toBe('VolumeNotFound');
  });
});

test("changes of a volume's snapshots during refresh() are not undone", async () => {
  let wait: Promise<void> | null = null;
  let answer = (): void => {};
  class HeldNotes extends NoteBook {
    override async getSnapshots(filter?: SnapshotFilter): Promise<Snapshot[]> {
      const found = await super.getSnapshots(filter);
      await wait;
      return found;
    }
  }
  const cl = await setup({ persistence_config: { storage: HeldNotes } });
  const vol = await (await cl.backend(pooled)).createVolume(1);
  const gone = await vol.createSnapshot({ name: 'gone' });
  await vol.snapshots();
  wait = new Promise((resolve) => {
    answer = resolve;
  });
  const refreshing = vol.refresh();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await gone.delete();
  await vol.createSnapshot({ name: 'new' });
  answer();
  await refreshing;
  expect((await vol.snapshots()).map(({ name }) => name)).toEqual(['new']);
  await cl.close();
});

test('a refresh() that fails leaves the volume unchanged', async () => {
  let fails = false;
  class Moody extends NoteBook {
    override async getSnapshots(filter?: SnapshotFilter): Promise<Snapshot[]> {
      if (fails) throw new Error('not now');
      return super.getSnapshots(filter);
    }
  }
  const cl = await setup({ persistence_config: { storage: Moody } });
  const vol = await (await cl.backend(pooled)).createVolume(1);
  await vol.createSnapshot({ name: 'kept' });
  await vol.snapshots();
  const shown = vol.jsons();
  const other = await cl.Volume.getById(vol.id);
  other.display_name = 'renamed';
  await other.save();
  fails = true;
  await expect(vol.refresh()).rejects.toThrow('not now');
  expect(vol.jsons()).toBe(shown);
  fails = false;
  await vol.refresh();
  expect([vol.name, (await vol.snapshots()).length]).toEqual(['renamed', 1]);
  expect(vol.jsons()).toContain('"display_name":"kept"');
  await cl.close();
});

test.each(['memory', 'memory_db'])(
  'refresh() of a child updates it in place in the dump of its volume, on %s',
  async (storage) => {
    const other = await setup({ persistence_config: { storage } });
    const b = await other.backend({
      volume_backend_name: 'b',
      volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
    });
    const vol = await b.createVolume(1);
    const snapshots = [await vol.createSnapshot({ name: 'first' }), await vol.createSnapshot({ name: 'second' })];
    const same = await other.Snapshot.getById(snapshots[0]?.id ?? '');
    same.display_name = 'renamed';
    await same.save();
    await snapshots[0]?.refresh();
    expect((await vol.snapshots()).map(({ name }) => name)).toEqual(['renamed', 'second']);
    expect(vol.jsons()).toContain('"display_name":"renamed"');
    expect(await snapshots[0]?.volume()).toBe(vol);
    await other.close();
  },
);
