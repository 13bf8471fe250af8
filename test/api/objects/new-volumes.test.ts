/** The fields of new volumes, clones and snapshots: given, left out, null or of the wrong kind. */
import type { Backend, Cinderlib } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withPools } from '../../support/pooled-backend.ts';

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('display_name and display_description are accepted as name and description', async () => {
    const vol = await b.createVolume(1, { display_name: 'n', display_description: 'd' });
    const snap = await vol.createSnapshot({ display_name: 's' });
    expect([vol.name, vol.description, snap.name, snap.description]).toEqual(['n', 'd', 's', '']);
  });

  test('clones and volumes from snapshots go to the requested pool', async () => {
    const vol = await b.createVolume(1);
    const snap = await vol.createSnapshot();
    const hosts = [
      await vol.clone({ pool_name: 'p2' }),
      await snap.createVolume({ pool_name: 'p2' }),
      await vol.clone(),
    ];
    expect(hosts.map(({ host }) => host)).toEqual(['h@b#p2', 'h@b#p2', 'h@b#p1']);
  });

  test('a null pool_name is none, like the None that is the default in Python', async () => {
    const other = await b.createVolume(1, { pool_name: 'p2' });
    const snap = await other.createSnapshot();
    const made = await Promise.all([
      b.createVolume(1, { pool_name: null }),
      other.clone({ pool_name: null }),
      snap.createVolume({ pool_name: null }),
    ]);
    expect(made.map(({ host }) => host)).toEqual(['h@b#p1', 'h@b#p2', 'h@b#p2']);
  });

  test.each([null, ''])('the host %o is none: the volume belongs to its backend and can be listed', async (host) => {
    const vol = await b.createVolume(1, { host, pool_name: 'p2' });
    const snap = await vol.createSnapshot();
    const others = [vol.clone({ host }), vol.clone({ host, pool_name: 'p1' }), snap.createVolume({ host })];
    const made = [vol, ...(await Promise.all(others))];
    expect(made.map((one) => one.host)).toEqual(['h@b#p2', 'h@b#p2', 'h@b#p1', 'h@b#p2']);
    expect((await b.volumesFiltered()).length).toBe(4);
  });

  test('undefined fields count as missing', async () => {
    const none = undefined;
    const plain = { name: none, metadata: none, user_id: none, host: none, bootable: none, id: none, pool_name: none };
    const vol = await b.createVolume(1, plain);
    expect([vol.name, vol.metadata, vol.user_id, vol.host, vol.bootable]).toEqual([
      '',
      {},
      'cinderlib',
      'h@b#p1',
      false,
    ]);
    const big = await b.createVolume(7, { name: 'n', metadata: { a: '1' } });
    const snap = await big.createSnapshot({ name: none, metadata: none, user_id: none });
    expect([snap.name, snap.metadata, snap.user_id]).toEqual(['', {}, 'cinderlib']);
    for (const copy of [big.clone({ size: none, name: none, metadata: none }), snap.createVolume({ size: none })]) {
      const { size, name, metadata } = await copy;
      expect([size, name, metadata]).toEqual([7, 'n', { a: '1' }]);
    }
  });

  test.each([undefined, -1, 1.5, '1'])('createVolume() refuses the size %j', async (size) => {
    await expect(b.createVolume(size as number)).rejects.toMatchObject({ name: 'ValueError' });
  });
});
