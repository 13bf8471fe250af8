/** What must hold when several things happen to the same objects, at once or through other objects of the same rows. */
import {
  type Backend,
  type Cinderlib,
  type Context,
  type FakeLoggingVolumeDriver,
  KeyValue,
  migrate,
  PersistenceDriver,
  type Snapshot,
  type SnapshotFilter,
  setup,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';

const options = {
  volume_backend_name: 'b',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
  pools: ['p1', 'p2'],
};

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    cl = await setup({ persistence_config: { storage }, host: 'h' });
    b = await cl.backend(options);
  });
  afterEach(() => cl.close());

  test('display_name and display_description are accepted as name and description', async () => {
    const vol = await b.createVolume(1, { display_name: 'n', display_description: 'd' });
    const snap = await vol.createSnapshot({ display_name: 's' });
    expect([vol.name, vol.description, snap.name, snap.description]).toEqual(['n', 'd', 's', '']);
  });

  test('unknown options and filters are refused, with the nearest name', async () => {
    const vol = await b.createVolume(1);
    const misspelt = <T>(value: object): T => value as T; // What plain JavaScript may pass.
    const refused = async (call: () => unknown, text: string) =>
      expect(async () => call()).rejects.toMatchObject({
        name: 'InvalidOption',
        message: expect.stringContaining(text),
      });
    await refused(() => cl.Volume.iterate(misspelt({ backend_nam: 'b' })), 'Did you mean backend_name?');
    await refused(() => b.volumesFiltered(misspelt({ volume_nam: 'b' })), 'Did you mean volume_name?');
    await refused(() => b.stats(misspelt({ refrsh: true })), 'Did you mean refresh?');
    await refused(() => vol.toJson(misspelt({ simplfied: false })), 'Did you mean simplified?');
    await refused(() => vol.toJsons(misspelt({ simplfied: false })), 'Did you mean simplified?');
    await refused(() => vol.detach(misspelt({ forced: true })), 'Did you mean force?');
  });

  test('a volume is not deleted if another object has created a snapshot of it', async () => {
    const vol = await b.createVolume(1);
    const other = await cl.Volume.getById(vol.id);
    await vol.snapshots();
    await other.createSnapshot();
    await expect(vol.delete()).rejects.toMatchObject({ name: 'InvalidVolume' });
    expect((await cl.persistence.getSnapshots()).length).toBe(1);
  });

  test('createVolume() refuses an id in use before the driver is called', async () => {
    const vol = await b.createVolume(1, { name: 'first' });
    const fake = b.driver as FakeLoggingVolumeDriver;
    const calls = fake.calls.length;
    await expect(b.createVolume(2, { id: vol.id })).rejects.toMatchObject({ name: 'DuplicateEntry' });
    expect(fake.calls.length).toBe(calls);
    expect((await cl.Volume.getById(vol.id)).name).toBe('first');
  });

  test('clones, snapshots and connections refuse an id in use too', async () => {
    const [vol, other] = [await b.createVolume(1, { name: 'first' }), await b.createVolume(1, { name: 'other' })];
    const snap = await vol.createSnapshot({ name: 'first' });
    const conn = await vol.connect({ host: 'first' });
    const before = await cl.dumps();
    const fake = b.driver as FakeLoggingVolumeDriver;
    const calls = fake.calls.length;
    for (const call of [
      () => other.clone({ id: vol.id }),
      () => snap.createVolume({ id: other.id }),
      () => other.createSnapshot({ id: snap.id }),
      () => other.connect({ host: 'other' }, { id: conn.id }),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'DuplicateEntry' });
    }
    expect(fake.calls.length).toBe(calls);
    await cl.refresh();
    expect(await cl.dumps()).toBe(before);
  });

  test('of two concurrent creations with the same id, one is refused', async () => {
    const made = await Promise.allSettled(['one', 'two'].map((name) => b.createVolume(1, { id: 'both', name })));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'DuplicateEntry' } });
    expect((await b.volumes()).length).toBe(1);
    expect((await cl.persistence.getVolumes()).length).toBe(1);
  });

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

  test('the finders can be passed on, like class methods in Python', async () => {
    const vol = await b.createVolume(1, { name: 'n' });
    const snap = await vol.createSnapshot({ name: 's' });
    const connection = await vol.connect({ host: 'c' });
    const found = await Promise.all([
      ...[vol.id].map(cl.Volume.getById),
      ...[snap.id].map(cl.Snapshot.getById),
      ...[connection.id].map(cl.Connection.getById),
    ]);
    expect(found.map(({ id }) => id)).toEqual([vol.id, snap.id, connection.id]);
    const named = await Promise.all([...['n'].map(cl.Volume.getByName), ...['s'].map(cl.Snapshot.getByName)]);
    expect(named.flat().map(({ id }) => id)).toEqual([vol.id, snap.id]);
    const { iterate } = cl.Volume;
    for await (const { id } of iterate({ backend_name: 'b' })) expect(id).toBe(vol.id);
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

  test('getByName() finds the empty name, and refuses a missing one', async () => {
    const vol = await b.createVolume(1, { name: 'named' });
    for (const name of ['named', '']) await vol.createSnapshot({ name });
    expect(await cl.Volume.getByName('')).toEqual([]);
    expect((await cl.Snapshot.getByName('')).map(({ name }) => name)).toEqual(['']);
    for (const name of [undefined, null]) {
      await expect(cl.Volume.getByName(name as never)).rejects.toMatchObject({ name: 'InvalidOption' });
      await expect(cl.Snapshot.getByName(name as never)).rejects.toMatchObject({ name: 'InvalidOption' });
    }
  });

  test('a key-value accepts a string, a number or null, and nothing else', async () => {
    await cl.persistence.setKeyValue(new KeyValue('n', 5 as never));
    expect((await cl.persistence.getKeyValues('n'))[0]?.value).toBe('5');
    for (const value of [{ ip: 'x' }, ['x'], true]) {
      const set = cl.persistence.setKeyValue(new KeyValue('k', value as never));
      await expect(set).rejects.toMatchObject({ name: 'ValueError' });
    }
    expect(await cl.persistence.getKeyValues('k')).toEqual([]);
  });

  test('setting metadata to null removes it', async () => {
    const vol = await b.createVolume(1, { metadata: { a: '1' } });
    vol.metadata = null;
    await vol.save();
    expect((await cl.Volume.getById(vol.id)).metadata ?? {}).toEqual({});
  });

  test.each([undefined, -1, 1.5, '1'])('createVolume() refuses the size %j', async (size) => {
    await expect(b.createVolume(size as number)).rejects.toMatchObject({ name: 'ValueError' });
  });

  test('JSON.stringify() shows no fields', async () => {
    const vol = await b.createVolume(1, { provider_auth: 'secret' });
    expect(JSON.stringify([vol, b])).toBe(`[{"class":"Volume","id":"${vol.id}"},{"class":"Backend","id":"b"}]`);
  });

  test('an unknown filter or option is refused', async () => {
    await expect(b.volumesFiltered({ name: 'x' } as never)).rejects.toMatchObject({ name: 'InvalidOption' });
    await expect(cl.load('[]', { sav: true } as never)).rejects.toMatchObject({ name: 'InvalidOption' });
  });

  test('a field assigned during a save is stored by the next one', async () => {
    const vol = await b.createVolume(1);
    vol.display_name = 'first';
    const saving = vol.save();
    vol.display_description = 'second';
    await saving;
    expect([...vol.ovo.changedFields]).toEqual(['display_description']);
    await vol.save();
    const found = await cl.Volume.getById(vol.id);
    expect([found.display_name, found.display_description]).toEqual(['first', 'second']);
  });
});

describe('on a database', () => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    cl = await setup({ persistence_config: { storage: 'memory_db' } });
    b = await cl.backend(options);
  });
  afterEach(() => cl.close());

  test('giving a volume the type of another leaves the specs of that type unchanged', async () => {
    const v = await b.createVolume(1, { extra_specs: { a: '1' } });
    const w = await b.createVolume(1, { extra_specs: { b: '2' } });
    w.volume_type_id = v.id;
    await w.save();
    for (const id of [v.id, w.id]) expect((await cl.Volume.getById(id)).volume_type?.extra_specs).toEqual({ a: '1' });
  });

  test('a volume with its own type can be given the default type', async () => {
    const plain = await b.createVolume(1);
    const typed = await b.createVolume(1, { extra_specs: { a: '1' } });
    typed.volume_type_id = plain.volume_type_id;
    await typed.save();
    expect(typed.volume_type?.name).toBe('__DEFAULT__');
    expect((await cl.Volume.getById(typed.id)).volume_type?.name).toBe('__DEFAULT__');
  });

  test('saving changed specs writes nothing but the specs', async () => {
    const { id } = await b.createVolume(1, { name: 'old', extra_specs: { e: '1' } });
    const [one, other] = [await cl.Volume.getById(id), await cl.Volume.getById(id)];
    other.display_name = 'new';
    await other.save();
    const type = one.volume_type;
    if (type !== null) type.extra_specs = { e: '2' };
    await one.save();
    const found = await cl.Volume.getById(id);
    expect([found.display_name, found.volume_type?.extra_specs]).toEqual(['new', { e: '2' }]);
  });
});

test('the options of a backend are not affected by later changes of the caller, the driver or a dump', async () => {
  const cl = await setup({ output_all_backend_info: true });
  const given = { ...options, pools: ['p1'], replication: [{ password: 'hunter2' }] };
  const b = await cl.backend(given);
  for (const { backend } of await cl.json()) {
    for (const each of backend['replication'] as { password: string }[]) each.password = '***';
  }
  expect(JSON.stringify(b.driver.configuration)).toContain('hunter2');
  (b.driver.configuration['pools'] as string[]).push('by the driver');
  expect(await cl.backend({ ...given })).toBe(b);
  given.pools.push('p2');
  await expect(cl.backend(given)).rejects.toMatchObject({ name: 'InvalidOption' });
  await cl.close();
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
  const b = await cl.backend(options);
  const { id } = await b.createVolume(1);
  const vol = await cl.Volume.getById(id);
  const reading = vol.snapshots();
  const snap = await vol.createSnapshot();
  await reading;
  expect((await vol.snapshots()).map((one) => one.id)).toEqual([snap.id]);
  await cl.close();
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
  const vol = await (await cl.backend(options)).createVolume(1);
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
  const vol = await (await cl.backend(options)).createVolume(1);
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

test('glance metadata is kept in memory and in dumps, and ignored by a database', async () => {
  for (const [storage, expected] of [
    ['memory', { os: 'x' }],
    ['memory_db', null],
  ] as const) {
    const cl = await setup({ persistence_config: { storage } });
    const b = await cl.backend(options);
    const vol = await b.createVolume(1);
    vol.glance_metadata = { os: 'x' };
    vol.display_name = 'new';
    await vol.save();
    expect(vol.jsons()).toContain('"glance_metadata":{"os":"x"}');
    const found = await cl.Volume.getById(vol.id);
    expect([found.display_name, found.glance_metadata]).toEqual(['new', expected]);
    await cl.close();
  }
});

test('a storage without db is refused, and the old one stays in use', async () => {
  class NoDb extends PersistenceDriver {
    static closed = 0;
    override async close() {
      NoDb.closed += 1;
      await super.close();
    }
  }
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  await cl.backend(options);
  await expect(cl.setPersistence({ storage: NoDb })).rejects.toMatchObject({ name: 'NotImplemented' });
  expect([cl.persistence.storageName, NoDb.closed]).toEqual(['memory_db', 1]);
  await cl.close();
});

test('a storage that failed to open is not open, and is opened again by the next attempt', async () => {
  class Moody extends NoteBook {
    isReady = false;
    attempts = 0;
    override async open(context: Context): Promise<void> {
      await super.open(context);
      this.attempts += 1;
      if (this.attempts === 1) throw new Error('not yet');
      this.isReady = true;
    }
  }
  const [first, second] = [new Moody(), new Moody()];
  await expect(setup({ persistence_config: { storage: first } })).rejects.toThrow('not yet');
  expect(first.isOpen).toBe(false);
  // A migration uses storages that are open, and opens the others.
  await migrate({ storage: first }, { storage: 'memory' });
  expect([first.isReady, first.attempts]).toEqual([true, 2]);
  const cl = await setup();
  await expect(cl.setPersistence({ storage: second })).rejects.toThrow('not yet');
  expect(second.isOpen).toBe(false);
  await cl.close();
});

test('close() waits for a setPersistence() under way, and so does a second close()', async () => {
  const opened: string[] = [];
  class Slow extends NoteBook {
    override async open(...parameters: Parameters<NoteBook['open']>) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await super.open(...parameters);
      opened.push('open');
    }
    override async close() {
      opened.push('close');
      await super.close();
    }
  }
  const cl = await setup();
  const switching = cl.setPersistence({ storage: Slow });
  await Promise.all([cl.close(), cl.close(), switching]);
  expect(opened).toEqual(['open', 'close']);
  expect(() => cl.persistence).toThrow('closed');
});
