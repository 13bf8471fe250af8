/** Mistakes of users of the public API: each gives one typed error, and nothing is lost. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { type Cinderlib, type CinderlibError, isCinderlibError, KeyValue, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { copyGolden, goldenRevisions, inTemporaryFolder } from '../support/golden.ts';
import { integrity, nativeDump, nativeRows } from '../support/tables.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

async function errorOf(promise: Promise<unknown>): Promise<CinderlibError> {
  const error: unknown = await promise.then(
    () => expect.unreachable('it should have failed'),
    (reason: unknown) => reason,
  );
  expect(isCinderlibError(error), String(error)).toBe(true);
  return error as CinderlibError;
}

const db = (path: string) => ({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });

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

describe('setup() with the path of a database', () => {
  test('in a missing folder fails, and creates no folder', async () => {
    await inTemporaryFolder(async (folder) => {
      const error = await errorOf(setup(db(join(folder, 'missing', 'cl.sqlite'))));
      expect(error.name).toBe('DatabaseUnavailable');
      expect(error.message).toContain(join(folder, 'missing'));
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  test('that is a folder fails', async () => {
    await inTemporaryFolder(async (folder) => {
      mkdirSync(join(folder, 'cl.sqlite'));
      expect((await errorOf(setup(db(join(folder, 'cl.sqlite'))))).name).toBe('DatabaseUnavailable');
      expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  test('in a read-only folder fails', async () => {
    await inTemporaryFolder(async (folder) => {
      const [bundle, target] = [join(folder, 'bundle'), join(folder, 'target')];
      cpSync(new URL('../../dist/', import.meta.url), bundle, { recursive: true });
      writeFileSync(join(bundle, 'package.json'), '{ "type": "module" }');
      mkdirSync(target, { mode: 0o555 });
      chmodSync(folder, 0o755);
      const options = { persistence_config: { storage: 'db', connection: `sqlite:///${target}/cl.sqlite` } };
      const program =
        `import { setup } from ${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)};` +
        `await setup(${JSON.stringify(options)}).catch(({ name, message }) => console.log(name, message));`;
      // Root may write anywhere, so the program runs as nobody.
      const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        ...user,
      });
      expect([stdout.split(' ')[0], stderr]).toEqual(['DatabaseUnavailable', '']);
      expect(stdout).toContain(target);
      expect(readdirSync(target)).toEqual([]);
      chmodSync(target, 0o755);
    });
  });
});

describe('setup() with a file', () => {
  const cases: readonly (readonly [string, (path: string) => void, string])[] = [
    [
      'that is text',
      (path) => writeFileSync(path, 'This is not a database, but a letter to a friend.'.repeat(50)),
      'NotADatabase',
    ],
    [
      'that is a picture',
      (path) => writeFileSync(path, Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0])),
      'NotADatabase',
    ],
    ['of one byte', (path) => writeFileSync(path, 'x'), 'NotADatabase'],
    ['that is truncated in the header', (path) => truncateSync(copyGolden('one.sqlite', path), 50), 'DatabaseCorrupt'],
    [
      'that is truncated in the schema',
      (path) => truncateSync(copyGolden('one.sqlite', path), 4096 * 2),
      'DatabaseCorrupt',
    ],
    [
      'whose first page is overwritten',
      (path) => overwrite(copyGolden('one.sqlite', path), 100, 3996),
      'DatabaseCorrupt',
    ],
  ];

  test.each(cases)('%s fails, and leaves the file as it is', async (_name, make, errorName) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'cl.sqlite');
      make(path);
      const before = [readFileSync(path), statSync(path).mtimeMs] as const;
      expect((await errorOf(setup(db(path)))).name).toBe(errorName);
      expect(readFileSync(path).equals(before[0])).toBe(true);
      expect(statSync(path).mtimeMs).toBe(before[1]);
      expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  test('with a corrupt page opens it, and only reads of that page fail', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('rich.sqlite', join(folder, 'cl.sqlite'));
      // A leaf page of the table volumes, found by a text in it.
      const bytes = readFileSync(path);
      const place = bytes.indexOf('lvm_iscsi#') & ~4095;
      overwrite(path, place, 4096);
      const cl = await setup({ ...db(path), fail_on_missing_backend: false });
      expect((await errorOf(cl.persistence.getVolumes())).name).toBe('DatabaseCorrupt');
      expect((await cl.persistence.getKeyValues()).length).toBe(11);
      await cl.close();
    });
  });

  test('of no bytes makes it a new database', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'cl.sqlite');
      writeFileSync(path, '');
      const cl = await setup(db(path));
      expect((await cl.info()).revision).toBe('c92a3e68beed');
      await cl.close();
      expect(integrity(path)).toBe('ok');
    });
  });
});

function overwrite(path: string, start: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, start, start + length);
  writeFileSync(path, bytes);
}

describe('a database at another revision', () => {
  const refused = goldenRevisions.filter(({ name, opens }) => !opens || name === 'legacy-135');
  test.each(refused)('$name is refused and not changed', async ({ file, name }) => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden(file, join(folder, 'cl.sqlite'));
      const before = readFileSync(path);
      const error = await errorOf(setup(db(path)));
      expect(error.name).toBe(name.includes('default-type') ? 'VolumeTypeNotFoundByName' : 'SchemaError');
      expect(error).toHaveProperty('path', path);
      // The other message is the original's.
      if (error.name === 'SchemaError') expect(error.message.startsWith(`${path}: The database`)).toBe(true);
      else expect(error.message).toBe('Volume type with name __DEFAULT__ could not be found.');
      if (name === 'legacy-135') expect(error.message).toMatch(/135.*Xena.*2023\.1/s);
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  const opened = goldenRevisions.filter(({ name, opens }) => opens && name !== 'legacy-135');
  test.each(opened)('$name opens and is left as the original leaves it', async ({ file, after }) => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden(file, join(folder, 'cl.sqlite'));
      const cl = await setup({ ...db(path), fail_on_missing_backend: false });
      await cl.close();
      const tables = nativeRows(path, "SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
      const column = (name: string, table: string) =>
        nativeRows(path, `SELECT ${name} AS it FROM ${table}`).map(({ it }) => it);
      expect(tables.length).toBe(after.tables);
      expect(tables.includes('cinderlib_persistence_key_value')).toBe(after.has_key_value_table);
      expect(column('version_num', 'alembic_version')).toEqual(after.alembic_version);
      if (after.migrate_version !== null) expect(column('version', 'migrate_version')).toEqual(after.migrate_version);
      else expect(tables).not.toContain('migrate_version');
      expect(integrity(path)).toBe('ok');
    });
  });
});

describe('in a database with volumes', () => {
  /** Runs the bad call and checks that it fails, and that the content of the database stays the same. */
  async function unharmed(bad: (cl: Cinderlib) => Promise<unknown>, name: string): Promise<CinderlibError> {
    return inTemporaryFolder(async (folder) => {
      const path = copyGolden('rich.sqlite', join(folder, 'cl.sqlite'));
      const before = nativeDump(path);
      const cl = await setup(db(path));
      for (const backend of ['ceph.rbd', 'lvm_iscsi', 'nfs-01']) {
        await cl.backend({ volume_backend_name: backend, volume_driver: driver });
      }
      const error = await errorOf(bad(cl));
      expect(error.name).toBe(name);
      await cl.close();
      expect(integrity(path)).toBe('ok');
      expect(nativeDump(path)).toBe(before);
      return error;
    });
  }

  async function firstVolume(cl: Cinderlib) {
    const [volume] = await cl.persistence.getVolumes();
    return volume ?? expect.unreachable();
  }

  const hostile: readonly (readonly [string, string, string])[] = [
    ['invalid JSON', '{"class": "Volume"', 'JSONDecodeError'],
    ['a list of numbers', '[1, 2]', 'InvalidDump'],
    ['an unknown class', '{"class": "constructor", "backend": {}, "ovo": {}}', 'InvalidDump'],
    ['__proto__ as a class', '{"class": "__proto__", "backend": {}}', 'InvalidDump'],
    ['keys inherited through __proto__', '{"__proto__": {"class": "Volume", "backend": {}, "ovo": {}}}', 'InvalidDump'],
    ['an object without a backend', '{"class": "Volume", "ovo": {}}', 'InvalidDump'],
    ['lists nested too deeply', '['.repeat(100_000), 'InvalidDump'],
    ['dictionaries nested too deeply', '{"class":'.repeat(100_000), 'InvalidDump'],
    [
      'an object of an unknown backend',
      '{"class": "Volume", "backend": {"volume_backend_name": "x"}, "ovo": {}}',
      'BackendNotPresent',
    ],
  ];
  test.each(hostile)('loading %s fails and stores nothing', async (_name, text, errorName) => {
    await unharmed((cl) => cl.load(text, { save: true }), errorName);
    expect(Reflect.get({}, 'class')).toBeUndefined();
  });

  test('the error of load() names the element of the dump, and the backend', async () => {
    await inTemporaryFolder(async (folder) => {
      const cl = await setup(db(copyGolden('one.sqlite', join(folder, 'cl.sqlite'))));
      try {
        await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver });
        const known = { class: 'Backend', backend: { volume_backend_name: 'lvm' } };
        const strange = { class: 'Volume', backend: { volume_backend_name: 'far' }, ovo: {} };
        const missing = await errorOf(cl.load([known, strange]));
        expect(missing.message).toMatch(/^Backend not present in system or json\..*'far'.*cl\.backend\(\)/);
        expect(missing.item).toBe('element 2 of the dump');
        const broken = await errorOf(cl.load([known, { ...known, class: 'Volume', ovo: {} }, known]));
        expect([broken.name, broken.item]).toEqual(['InvalidDump', 'element 2 of the dump']);
      } finally {
        await cl.close();
      }
    });
  });

  test('if the last object of a load cannot be stored, none is', async () => {
    await unharmed(async (cl) => {
      const volume = (await firstVolume(cl)).toJsons();
      const text = (id: string, name: string) =>
        volume.replace(/"id":"[^"]*"/, `"id":"${id}"`).replace(/"display_name":"[^"]*"/, `"display_name":"${name}"`);
      return cl.load(`[${text('new-1', 'a')},${text('new-2', '\\ud800')}]`, { save: true });
    }, 'ValueError');
  });

  test.each(['display_name', 'provider_location', 'host'])(
    'a lone surrogate in %s is refused with the name of the field',
    async (field) => {
      const error = await unharmed(async (cl) => {
        const volume = await firstVolume(cl);
        Reflect.set(volume, field, 'before \ud800 after');
        await volume.save();
      }, 'ValueError');
      expect(error.message).toContain(field);
      expect(error.message).not.toContain('before');
    },
  );

  test('a volume that is not stored cannot be updated', async () => {
    await unharmed(async (cl) => {
      const volume = await firstVolume(cl);
      volume.ovo.restore('id', 'nobody');
      volume.display_name = 'x';
      await volume.save();
    }, 'VolumeNotFound');
  });

  test.each(['', 'nobody', "' OR 1=1 --", '\0', 'x'.repeat(1_000_000)])(
    'getById() with an unknown id gives VolumeNotFound: %#',
    async (id) => {
      await unharmed((cl) => cl.Volume.getById(id), 'VolumeNotFound');
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
});

test('a name of 1 MB and texts with NUL are kept to the letter', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'cl.sqlite');
    const texts = ['x'.repeat(1_000_000), 'a\0b', '\0', '漢'.repeat(300_000)];
    const cl = await setup(db(path));
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
    const volumes = await Promise.all(texts.map((name) => backend.createVolume(1, { name, metadata: { k: name } })));
    await cl.persistence.setKeyValue(new KeyValue('k', texts.join('\0')));
    await cl.close();
    const again = await setup({ ...db(path), fail_on_missing_backend: false });
    for (const [place, volume] of volumes.entries()) {
      const found = await again.Volume.getById(volume.id);
      expect([found.display_name, found.metadata]).toEqual([texts[place], { k: texts[place] }]);
    }
    expect((await again.persistence.getKeyValues('k'))[0]?.value).toBe(texts.join('\0'));
    await again.close();
    expect(integrity(path)).toBe('ok');
  });
});

test('a Blob whose file has changed since it was chosen is refused', async () => {
  const from = new Blob(['x']);
  const cause = new DOMException('The file could not be read.', 'NotReadableError');
  from.arrayBuffer = async () => {
    throw cause;
  };
  for (const storage of ['memory_db', 'db']) {
    const options = storage === 'db' ? { connection: 'sqlite://' } : {};
    const error = await errorOf(setup({ persistence_config: { storage, from, ...options } }));
    expect([error.name, error.cause]).toEqual(['InvalidPersistence', cause]);
  }
});

test.each([
  [{ storage: 'memory_db' }, ':memory:'],
  [{ storage: 'db', connection: 'sqlite:///empty.sqlite' }, 'empty.sqlite'],
])('empty content for the option from is no database: %o', async (config, path) => {
  for (const from of [new Blob([]), new Uint8Array()]) {
    const error = await errorOf(setup({ persistence_config: { ...config, from } }));
    expect([error.name, error.message]).toEqual([
      'NotADatabase',
      `${path}: the content given as 'from' is empty. The file was not changed.`,
    ]);
  }
});

test.each([
  [{ storage: 'memory_db' }, ':memory:'],
  [{ storage: 'db', connection: 'sqlite:///junk.sqlite' }, join(process.cwd(), 'junk.sqlite')],
])('content for the option from that is no database is called so, and nothing is created: %o', async (config, path) => {
  for (const from of [new Blob(['junk, and more of it']), new Uint8Array(5000).fill(7), new Uint8Array([0, 1])]) {
    const error = await errorOf(setup({ persistence_config: { ...config, from } }));
    expect([error.name, error.message]).toEqual([
      'NotADatabase',
      `${path}: the content given as 'from' is no SQLite database. Nothing was created.`,
    ]);
    expect(readdirSync('.').filter((name) => name.startsWith('junk.sqlite'))).toEqual([]);
  }
});

test('the option from creates a database from bytes, and never replaces one', async () => {
  await inTemporaryFolder(async (folder) => {
    const golden = readFileSync(copyGolden('one.sqlite', join(folder, 'one.sqlite')));
    const path = join(folder, 'cl.sqlite');
    const config = { ...db(path).persistence_config, from: new Blob([golden]) };
    const cl = await setup({ persistence_config: config, fail_on_missing_backend: false });
    expect((await cl.persistence.getVolumes()).length).toBe(1);
    const exported = new Uint8Array(await (await cl.exportDatabase()).arrayBuffer());
    expect(Buffer.from(exported).equals(golden)).toBe(true);
    await cl.close();
    expect((await errorOf(setup({ persistence_config: config }))).name).toBe('DatabaseExists');
    const inMemory = await setup({
      persistence_config: { storage: 'memory_db', from: golden },
      fail_on_missing_backend: false,
    });
    expect((await inMemory.persistence.getVolumes()).length).toBe(1);
    await inMemory.close();
  });
});
