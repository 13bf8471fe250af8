/** The errors for arguments of the wrong type, and which parts of an argument they do not repeat. */
import {
  Backend,
  type Cinderlib,
  type CinderlibError,
  Connection,
  isCinderlibError,
  QosSpecs,
  Snapshot,
  setup,
  Volume,
  VolumeType,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unharmed } from '../../support/unharmed.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

async function errorOf(run: () => unknown): Promise<CinderlibError> {
  try {
    await run();
  } catch (error) {
    if (isCinderlibError(error)) return error;
    throw error;
  }
  return expect.unreachable('it should have failed');
}

describe.each([
  ['memory', {}],
  ['memory_db', {}],
  ['db', { connection: 'sqlite://' }],
])('with the storage %s', (storage, options) => {
  let cl: Cinderlib;
  beforeEach(async () => {
    cl = await setup({ persistence_config: { storage, ...options }, worker: false });
  });
  afterEach(() => cl.close());

  const filters: readonly (readonly ['getVolumes' | 'getSnapshots' | 'getConnections', string, string])[] = [
    ['getVolumes', 'volume_nam', 'volume_name'],
    ['getVolumes', 'backend', ''],
    ['getSnapshots', 'snapshot_ids', 'snapshot_id'],
    ['getConnections', 'conection_id', 'connection_id'],
  ];
  test.each(filters)('%s({ %s }) is refused with the nearest name', async (method, filter, near) => {
    const error = await errorOf(() => cl.persistence[method]({ [filter]: 'x' }));
    expect(error.name).toBe('InvalidOption');
    expect(error.message).toContain(
      `${method}() has no option ${filter}.${near === '' ? '' : ` Did you mean ${near}?`}`,
    );
  });

  test.each([
    ['a null filter', () => cl.persistence.getVolumes(null as never), 'getVolumes() takes an object with'],
    [
      'a filter value that is a number',
      () => cl.persistence.getVolumes({ volume_id: 5 as never }),
      'volume_id must be a string, not a number',
    ],
    [
      'a key that is a number',
      () => cl.persistence.deleteKeyValue(5 as never),
      'takes a key or a KeyValue, not a number',
    ],
    [
      'null in place of a volume',
      () => cl.persistence.setVolume(null as never),
      'setVolume() takes a Volume, not null',
    ],
    ['a storage that is a number', () => cl.setPersistence(5 as never), 'not a number'],
    ['a missing storage', () => cl.setPersistence(undefined as never), 'not undefined'],
    ['a storage that is null', () => cl.setPersistence(null as never), 'not null'],
    ['an id that is a list', () => cl.Volume.getById([] as never), 'getById() takes a string, not a list'],
    ['an undefined volume id', () => cl.Volume.getById(undefined as never), 'getById() takes a string, not undefined'],
    ['a null snapshot id', () => cl.Snapshot.getById(null as never), 'getById() takes a string, not null'],
    [
      'an undefined connection id',
      () => cl.Connection.getById(undefined as never),
      'getById() takes a string, not undefined',
    ],
  ])('%s is refused', async (_what, run, part) => {
    const error = await errorOf(run);
    expect([error.name, error.message]).toEqual(['InvalidOption', expect.stringContaining(part)]);
  });

  test('an object of another class is refused by its class', async () => {
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const volume = await backend.createVolume(1);
    const snapshot = await volume.createSnapshot();
    expect((await errorOf(() => cl.persistence.setSnapshot(volume as never))).message).toContain('not a Volume');
    expect((await errorOf(() => volume.disconnect(snapshot as never))).message).toContain(
      'takes a Connection, not a Snapshot',
    );
    const { persistence } = cl;
    const setters: [name: string, call: () => unknown][] = [
      ['setOne', () => persistence.setOne(null as never)],
      ['setChild', () => persistence.setChild(null as never)],
      ['setAll', () => persistence.setAll([volume, null as never])],
      ['setTogether', () => persistence.setTogether([volume, null as never], [])],
    ];
    for (const [name, call] of setters) {
      const message = expect.stringMatching(
        new RegExp(`^${name === 'setChild' ? 'set(Child|One)' : name}\\(\\) takes`),
      );
      expect(await errorOf(call)).toMatchObject({ name: 'InvalidOption', message });
    }
  });

  test('an error does not repeat what may be a secret', async () => {
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const volume = await backend.createVolume(1);
    const assign = (field: string, value: unknown) => errorOf(() => Reflect.set(volume, field, value));
    const secrets = ['mysql://root:hunter2@db/cinder', 'AQBSdFhcGhlbGxvMTIzNDU2Nzg5MA==', `hunter2 ${'x'.repeat(40)}`];
    for (const secret of secrets) {
      const errors = [
        await assign('size', secret),
        await assign('created_at', secret),
        await errorOf(() => volume.connect(secret as never)),
        await errorOf(() => volume.extend(secret as never)),
        await errorOf(() => backend.createVolume(1, { [secret]: 1 })),
        await errorOf(() => volume.toJson({ [secret]: true } as never)),
        await errorOf(() => cl.backend(secret as never)),
        await errorOf(() => cl.backend({ volume_backend_name: `${secret}@`, volume_driver })),
      ];
      for (const { message } of errors) expect(message).not.toMatch(/hunter2|AQBSd/);
    }
    // A short plain value helps to find the mistake.
    expect((await assign('size', 'big')).message).toBe("invalid literal for int() with base 10: 'big'");
    const sizes = 'A size is a whole number of GiB below 2 ** 53, not';
    expect((await errorOf(() => backend.createVolume(2 ** 53))).message).toBe(`${sizes} 9007199254740992.`);
    expect((await errorOf(() => volume.extend('big' as never))).message).toBe(`${sizes} 'big'.`);
    expect((await errorOf(() => volume.clone({ size: -1 }))).message).toBe(`${sizes} -1.`);
    expect((await assign('size', 'x'.repeat(41))).message).toContain('a string of 41 characters');
  });

  test('a field refuses a value that no dump can hold', async () => {
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const volume = await backend.createVolume(1);
    const { name, message } = await errorOf(() => volume.connect({ host: 'h', made: new Date(0) }));
    expect([name, message]).toEqual([
      'ValueError',
      'The dict in field connector holds a Date, which JSON cannot represent',
    ]);
    expect(await cl.persistence.getConnections()).toEqual([]);
  });
});

// As in Python's cinderlib, and in JavaScript, which no type warns.
test.each(Object.entries({ Volume, Snapshot, Connection, Backend, VolumeType, QosSpecs }))(
  'new %s() is refused with the methods to call',
  async (_name, Class) => {
    const cl = await setup();
    for (const given of [[], [cl], [{ volume_backend_name: 'b', volume_driver }], [cl, { size: 1 }, { size: 1 }]]) {
      const { name: error, message } = await errorOf(() => Reflect.construct(Class, given));
      expect([error, message]).toEqual([
        'InvalidOption',
        'Instead of new, call cl.backend(), backend.createVolume() and the like.',
      ]);
    }
    await cl.close();
  },
);

test('arguments of wrong types are refused before the driver is called', async () => {
  await unharmed(
    (cl) => (cl.backends.get('ceph.rbd') ?? expect.unreachable()).createVolume('big' as never),
    'ValueError',
  );
  await unharmed(
    (cl) => (cl.backends.get('ceph.rbd') ?? expect.unreachable()).createVolume(1, { metadata: 'x' as never }),
    'ValueError',
  );
});
