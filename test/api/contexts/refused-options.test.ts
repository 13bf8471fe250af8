/** Options of `setup()`, `persistence_config` and `cl.backend()`: each mistake gives one typed error. */
import { inspect } from 'node:util';
import { type Cinderlib, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../../support/error-of.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe('setup() with a persistence_config', () => {
  test.each([
    [{ storage: 'nope' }, 'InvalidPersistence', 'Invalid persistence storage: nope.'],
    [{ storage: 'memry' }, 'InvalidPersistence', 'Did you mean memory?'],
    [{ storage: 'sqlite' }, 'InvalidPersistence', "storage: 'db', connection: 'sqlite:///path'"],
    [{ storage: 'PostgreSQL' }, 'InvalidPersistence', "storage: 'db', connection: 'postgresql://user@host/database'"],
    [{ connection: 'sqlite:///x' }, 'InvalidPersistence', "{ storage: 'db', connection: … }"],
    [{ storage: 5 }, 'InvalidPersistence', 'Invalid persistence storage: 5 is not a subclass of PersistenceDriver.'],
    [{ storage: Date }, 'InvalidPersistence', 'storage: Date is not a subclass of PersistenceDriver.'],
    [{ storage: class {} }, 'InvalidPersistence', 'is not a subclass of PersistenceDriver.'],
    [{ storage: 'postgresql://u:secret@h/d' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: '//u:secret@h/d' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'u:secret@h/d' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'host=h password=secret' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: "host=h password = 'my secret'" }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'file:cl.db?key=secret' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'npm:u:secret@h/d' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'https://h/x.js#token=secret' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'https://u:secret@h/x.js' }, 'InvalidPersistence', 'looks like the address of a database'],
    [{ storage: 'https://example.invalid/plugin@1.0' }, 'InvalidPersistence', 'https://example.invalid/plugin@1.0'],
    [{ storage: '/missing/x@1.0.0/a=b.mjs' }, 'InvalidPersistence', '/missing/x@1.0.0/a=b.mjs'],
    [{ storage: ['secret'] }, 'InvalidPersistence', 'list'],
    [{ storage: Object.create(null) }, 'InvalidPersistence', 'Invalid persistence storage'],
    [{ storage: 'db', connection: 'host=h password = secret' }, 'InvalidUrl', 'password = ***'],
    [{ storage: 'db', connection: "host=h password='my secret'" }, 'InvalidUrl', 'password=***'],
    [
      { storage: 'db', connection: 'sqlite://', 'postgresql://u:secret@h/d': 1 },
      'InvalidPersistence',
      'no option of that name',
    ],
    [{ storage: 'memory', x: 1 }, 'InvalidPersistence', "The storage 'memory' has no option x."],
    [
      { storage: 'memory_db', soft_deletes: true },
      'InvalidPersistence',
      "The storage 'memory_db' has no option soft_deletes.",
    ],
    [{ storage: 'db' }, 'InvalidPersistence', 'connection is missing'],
    [{ storage: 'db', connection: 5 }, 'InvalidPersistence', 'connection cannot be 5'],
    [{ storage: 'db', conection: 'sqlite://' }, 'InvalidPersistence', 'connection'],
    [{ storage: 'db', connection: 'sqlite://', soft_delete: true }, 'InvalidPersistence', 'Did you mean soft_deletes?'],
    [
      { storage: 'db', connection: 'sqlite://', soft_deletes: 'yes' },
      'InvalidPersistence',
      'soft_deletes cannot be a string',
    ],
    [{ storage: 'db', connection: 'not a url' }, 'InvalidUrl', 'not a url'],
    [{ storage: 'db', connection: 'sqllite:///x' }, 'InvalidUrl', 'Did you mean sqlite?'],
    [{ storage: 'db', connection: 'oracle://u:secret@h/d' }, 'InvalidUrl', 'oracle'],
    [{ storage: 'db', connection: 'postgresql://u:secret@127.0.0.1:1/d' }, 'DatabaseUnavailable', '127.0.0.1:1/d'],
    [{ storage: 'db', connection: 'mysql://u:secret@127.0.0.1:1/d' }, 'DatabaseUnavailable', '127.0.0.1:1/d'],
    [{ storage: 'db', connection: 'mysql://h/d', medium: 'filesystem' }, 'InvalidPersistence', 'medium'],
    [{ storage: 'db', connection: 'mysql://h/d', from: new Uint8Array() }, 'InvalidPersistence', 'from'],
    [{ storage: 'db', connection: 'sqlite:///x?key=secret' }, 'InvalidUrl', 'x?key=*** has the option "key"'],
    [{ storage: 'db', connection: 'mysql://h/d?api_key=secret' }, 'InvalidUrl', 'The option api_key'],
    [{ storage: 'db', connection: 'mysql://h/d?ssl_key=/k&a=1' }, 'InvalidUrl', 'ssl_key=/k&a=1'],
    [{ storage: 'db', connection: 'sqlite://', statement_timeout: 1 }, 'InvalidPersistence', 'statement_timeout'],
    [{ storage: 'db', connection: 'sqlite://', medium: 'tape' }, 'InvalidPersistence', 'medium'],
    [
      { storage: 'db', connection: 'sqlite:///x', medium: 'opfs' },
      'InvalidPersistence',
      'There is no medium "opfs" here. Choose filesystem, or the storage memory_db.',
    ],
    [{ storage: 'db', connection: 'sqlite:///x', medium: 'opfs', read_only: true }, 'InvalidPersistence', '"opfs"'],
  ])('of %j fails with %s', async (persistence_config, name, part) => {
    const error = await errorOf(setup({ persistence_config } as Parameters<typeof setup>[0]));
    expect(error.name).toBe(name);
    expect(error.message).toContain(part);
    expect(inspect(error)).not.toContain('secret');
  });

  test.each([null, undefined, {}, { storage: null }, { storage: '' }])(
    'of %j uses memory',
    async (persistence_config) => {
      const cl = await setup({ persistence_config } as Parameters<typeof setup>[0]);
      expect((await cl.info()).storage).toBe('memory');
      await cl.close();
    },
  );

  test('leaves the object unchanged', async () => {
    const persistence_config = Object.freeze({ storage: 'memory_db' });
    await (await setup({ persistence_config })).close();
    expect(persistence_config).toEqual({ storage: 'memory_db' });
  });
});

test.each([
  ['persistance_config', {}, 'Did you mean persistence_config?'],
  ['fail_on_missing_backends', false, 'Did you mean fail_on_missing_backend?'],
  ['output_all_backend_info', 'yes', 'a boolean is expected'],
  ['host', 5, 'host'],
  ['storage', 'db', 'persistence_config'],
  ['connection', 'sqlite:///x', 'persistence_config'],
])('setup() refuses the option %s: %j', async (name, value, part) => {
  const error = await errorOf(setup({ [name]: value }));
  expect(error.name).toBe('InvalidOption');
  expect(error.message).toContain(part);
});

test('setup() accepts options of Cinder itself', async () => {
  const opening = setup({ debug: true, my_ip: '192.0.2.1' });
  await expect(opening.then((cl) => cl.close())).resolves.toBeUndefined();
});

describe('cl.backend()', () => {
  test.each([
    [{ volume_backend_name: 'b' }, 'InvalidOption', 'volume_driver'],
    [{ volume_driver: driver }, 'InvalidOption', 'volume_backend_name'],
    [{ volume_backend_name: 'b', volume_driver: 'no.such.Driver' }, 'VolumeDriverNotFound', driver],
    [
      { volume_backend_name: 'b', volume_driver: driver.replace('Logging', 'Loging') },
      'VolumeDriverNotFound',
      'Did you mean',
    ],
    [{}, 'InvalidOption', 'volume_backend_name'],
    [
      { volume_backend_name: 'a#b', volume_driver: driver },
      'InvalidOption',
      "@ or #, which separate it from host and pool; it was 'a#b'.",
    ],
    [{ volume_backend_name: 'a@b', volume_driver: driver }, 'InvalidOption', "it was 'a@b'."],
    // It may be a misplaced connection.
    [
      { volume_backend_name: 'u:pw@h', volume_driver: driver },
      'InvalidOption',
      'it was a string that may be a secret.',
    ],
  ])('refuses %j with %s', async (options, name, part) => {
    const cl = await setup();
    const error = await errorOf(cl.backend(options as Parameters<Cinderlib['backend']>[0]));
    expect(error.name).toBe(name);
    expect(error.message).toContain(part);
    await cl.close();
  });
});
