/** The order of driver and storage calls when volumes and snapshots are made, changed and deleted: as in the original. */
import type { Backend, Cinderlib, Volume } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { recordedContext } from '../../support/recorded-context.ts';
import type { Log, RecordingPersistence, Script } from '../../support/recorder.ts';

let log: Log;
let script: Script;
let persistence: RecordingPersistence;
let cl: Cinderlib;
let backend: Backend;

beforeEach(async () => {
  ({ log, script, persistence, cl, backend } = await recordedContext());
});

afterEach(() => cl.close());

/** A new volume, with the log of its creation cleared. */
async function volume(fields: Record<string, unknown> = {}): Promise<Volume> {
  const made = await backend.createVolume(1, fields);
  log.length = 0;
  return made;
}

describe('createVolume()', () => {
  test("calls the driver, then stores the volume with the driver's answer", async () => {
    log.length = 0;
    script.set('createVolume', { provider_location: 'here', status: 'available', unknown: 1, metadata: { m: '1' } });
    const made = await backend.createVolume(2, { name: 'n' });
    expect(log).toEqual(['D createVolume', 'P setVolume available']);
    expect([made.provider_location, made.metadata, made.size, made.host]).toEqual(['here', { m: '1' }, 2, 'h@b#pool']);
  });

  test("uses the status of the driver's answer", async () => {
    script.set('createVolume', { status: 'downloading' });
    expect((await backend.createVolume(1)).status).toBe('downloading');
  });

  test('fails if the driver answers with a different id', async () => {
    script.set('createVolume', { id: 'mine', provider_id: '1' });
    expect((await backend.createVolume(1, { id: 'mine' })).provider_id).toBe('1');
    const error = await failureOf(backend.createVolume(1, { id: 'other' }));
    expect(error).toMatchObject({ name: 'ValueError', resource: { id: 'other', status: 'error' } });
    expect((await cl.persistence.getVolumes()).map(({ id }) => id)).toEqual(['mine', 'other']);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test.each(['/disks/1', ['/disks/1'], 7, true])(
    'fails if the driver answers with %o, and no fields',
    async (answer) => {
      script.set('createVolume', answer);
      const error = await failureOf(backend.createVolume(1, { id: 'there' }));
      expect(error).toMatchObject({ name: 'ValueError', resource: { id: 'there', status: 'error' } });
      expect((await cl.persistence.getVolumes()).map(({ status }) => status)).toEqual(['error']);
    },
  );

  test('wraps a thrown value that cannot carry a resource in an error, as its cause', async () => {
    const circle: Record<string, unknown> = { status: 500 };
    circle['circle'] = circle;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const fixed = Object.defineProperty(new Error('fixed'), 'resource', { value: 1 });
    for (const thrown of [
      circle,
      proxy,
      Object.create(null),
      Symbol('s'),
      undefined,
      fixed,
      Object.freeze(new Error()),
    ]) {
      backend.driver.createVolume = () => {
        throw thrown;
      };
      const error = await failureOf(backend.createVolume(1));
      expect([error instanceof Error, error.cause === thrown]).toEqual([true, true]);
      expect(error.resource).toMatchObject({ status: 'error' });
    }
  });

  test('stores a failed volume with status error, and names it', async () => {
    log.length = 0;
    await backend.volumes();
    const boom = new Error('boom');
    script.set('createVolume', boom);
    const error = await failureOf(backend.createVolume(1, { name: 'n' }));
    expect(error).toBe(boom);
    expect(log).toEqual(['D createVolume', 'P setVolume error']);
    expect((error.resource as Volume).status).toBe('error');
    expect(await backend.volumes()).toEqual([]);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('reports both errors if storing the failure fails too', async () => {
    script.set('createVolume', new Error('driver'));
    persistence.failures.set('setVolume', new Error('storage'));
    const error = await failureOf(backend.createVolume(1));
    expect([error.message, (error.not_saved as Error).message]).toEqual(['driver', 'storage']);
  });
});

describe('delete()', () => {
  test('calls the driver, then removes the volume', async () => {
    const vol = await volume();
    await vol.delete();
    expect(log).toEqual(['D deleteVolume', 'P deleteVolume']);
    expect([vol.status, vol.deleted, typeof vol.deleted_at]).toEqual(['deleted', true, 'string']);
  });

  test('of a volume with snapshots is refused before the driver is called', async () => {
    const vol = await volume();
    await vol.createSnapshot();
    log.length = 0;
    const error = await failureOf(vol.delete());
    expect(error).toMatchObject({
      name: 'InvalidVolume',
      message: `Invalid volume: Cannot delete volume ${vol.id} with snapshots`,
    });
    expect(log).toEqual([]);
  });

  test.each([
    ['deleteVolume in the driver', true],
    ['deleteVolume in the storage', false],
  ])('sets the status error_deleting if it fails at %s', async (_name, inDriver) => {
    const vol = await volume();
    if (inDriver) script.set('deleteVolume', new Error('boom'));
    else persistence.failures.set('deleteVolume', new Error('boom'));
    const error = await failureOf(vol.delete());
    expect(error.resource).toBe(vol);
    expect(log.at(-1)).toBe('P setVolume error_deleting');
  });
});

describe('extend()', () => {
  test('stores the new size and returns it in bytes', async () => {
    const vol = await volume();
    expect(await vol.extend(3)).toBe(3 * 1024 ** 3);
    expect(log).toEqual(['D extendVolume', '  to 3', 'P setVolume available']);
    expect([vol.size, vol.status, vol.previous_status]).toEqual([3, 'available', null]);
  });

  test.each(['3', 1.5, Number.NaN, null])('with the size %j is refused before the driver is called', async (size) => {
    const vol = await volume();
    expect(await failureOf(vol.extend(size as number))).toMatchObject({ name: 'ValueError' });
    expect([log, vol.status]).toEqual([[], 'available']);
  });

  test('to size 0 is refused before the driver is called, and changes nothing', async () => {
    const vol = await backend.createVolume(2);
    log.length = 0;
    const error = await failureOf(vol.extend(0));
    expect(error).toMatchObject({ name: 'InvalidVolume', resource: vol, message: expect.stringContaining('2 GiB') });
    expect([log, vol.size, vol.status, vol.previous_status]).toEqual([[], 2, 'available', null]);
  });

  // As in the original, it is up to the driver to refuse that.
  test('to a smaller size calls the driver', async () => {
    const vol = await backend.createVolume(3);
    log.length = 0;
    await vol.extend(2);
    expect([log[0], vol.size, vol.status]).toEqual(['D extendVolume', 2, 'available']);
  });

  test('keeps the size and the previous status if it fails', async () => {
    const vol = await volume();
    script.set('extendVolume', new Error('full'));
    expect((await failureOf(vol.extend(3))).resource).toBe(vol);
    expect([vol.size, vol.status, vol.previous_status]).toEqual([1, 'error', 'available']);
    expect(log).toEqual(['D extendVolume', 'P setVolume error']);
  });
});

describe('clone()', () => {
  test('creates a volume like its source', async () => {
    const vol = await volume({ name: 'n', metadata: { m: '1' }, extra_specs: { e: '1' }, qos_specs: { q: '2' } });
    const copy = await vol.clone({ name: 'copy' });
    expect(log).toEqual(['D createClonedVolume', 'P setVolume available']);
    expect([copy.source_volid, copy.name, copy.metadata, copy.host]).toEqual([vol.id, 'copy', { m: '1' }, vol.host]);
    expect(copy.created_at).toBe(vol.created_at);
    expect(copy.volume_type?.extra_specs).toEqual({ e: '1' });
    expect(copy.volume_type?.id).toBe(copy.id);
    expect(copy.volume_type?.qos_specs?.specs).toEqual({ q: '2' });
  });

  test('with a negative size is refused before the driver is called', async () => {
    const vol = await volume();
    const snap = await vol.createSnapshot();
    log.length = 0;
    for (const copy of [vol.clone({ size: -1 }), snap.createVolume({ size: -1 })]) {
      expect(await failureOf(copy)).toMatchObject({ name: 'ValueError' });
    }
    expect(log).toEqual([]);
  });

  test('names the copy if it fails', async () => {
    const vol = await volume();
    script.set('createClonedVolume', new Error('boom'));
    const error = await failureOf(vol.clone());
    expect((error.resource as Volume).source_volid).toBe(vol.id);
    expect(log).toEqual(['D createClonedVolume', 'P setVolume error']);
  });
});

describe('a snapshot', () => {
  test('is created, listed and deleted', async () => {
    const vol = await volume({ size: 1 });
    await vol.snapshots();
    const snap = await vol.createSnapshot({ name: 's' });
    expect(log).toEqual(['D createSnapshot', 'P setSnapshot available']);
    expect([snap.volume_id, snap.volume_size, snap.progress, snap.name, snap.description]).toEqual([
      vol.id,
      1,
      'b',
      's',
      '',
    ]);
    expect(await vol.snapshots()).toEqual([snap]);
    await snap.delete();
    expect(log.slice(2)).toEqual(['D deleteSnapshot', 'P deleteSnapshot']);
    expect(await vol.snapshots()).toEqual([]);
    expect(snap.status).toBe('deleted');
  });

  test('is stored with status error and listed if its creation fails', async () => {
    const vol = await volume();
    script.set('createSnapshot', new Error('boom'));
    const error = await failureOf(vol.createSnapshot());
    expect(log).toEqual(['D createSnapshot', 'P setSnapshot error']);
    expect(await vol.snapshots()).toEqual([error.resource]);
  });

  test('gets the status error_deleting if its deletion fails', async () => {
    const vol = await volume();
    const snap = await vol.createSnapshot();
    script.set('deleteSnapshot', new Error('boom'));
    expect((await failureOf(snap.delete())).resource).toBe(snap);
    expect(log.at(-1)).toBe('P setSnapshot error_deleting');
  });

  test('creates a volume of its own size', async () => {
    const vol = await volume();
    const snap = await vol.createSnapshot();
    await vol.extend(5);
    log.length = 0;
    const copy = await snap.createVolume({ name: 'copy' });
    expect(log).toEqual(['D createVolumeFromSnapshot', 'P setVolume available']);
    expect([copy.size, copy.snapshot_id, copy.source_volid]).toEqual([1, snap.id, null]);
  });
});

test('createVolume() refuses an unknown field, with the nearest name', async () => {
  await expect(backend.createVolume(1, { display_nme: 'x' } as object)).rejects.toMatchObject({
    name: 'ValueError',
    message: 'Volume has no field display_nme. Did you mean display_name?',
  });
});
