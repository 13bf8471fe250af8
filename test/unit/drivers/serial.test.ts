/** The serial numbers by which hosts recognise exported volumes. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DriverVolume } from '../../../src/drivers/driver-objects.ts';
import { serialOf } from '../../../src/drivers/lvm/targets/serial.ts';

/** The fields of a volume that determine its name on the storage. */
const volume = (id: string, _name_id: string | null = null): DriverVolume => ({ id, _name_id }) as DriverVolume;

test('serialOf() gives the id that the volume has on the storage, if it is a UUID', async () => {
  const [id, name_id] = [crypto.randomUUID(), crypto.randomUUID()];
  expect(await serialOf(volume(id))).toBe(id);
  expect(await serialOf(volume(id, name_id))).toBe(name_id);
});

test.each(['data', 'data-1', 'DEADBEEF-0000-4000-8000-000000000000'])(
  'serialOf() gives a hash in the form of a UUID for the id %s',
  async (id) => {
    const serial = await serialOf(volume(id));
    expect(serial).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const hash = createHash('sha256').update(`volume-${id}`).digest('hex');
    expect(serial.replaceAll('-', '')).toBe(hash.slice(0, 32));
  },
);
