/** Options of `setup` and of the storages: which are accepted, and how others are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CinderlibError, InvalidOption, InvalidPersistence } from '../../src/errors/index.ts';
import { databaseOptions, memoryDatabaseOptions, memoryOptions, setupConfig } from '../../src/options.ts';
import * as byZod from './options-by-zod.ts';
import { errorOf } from './serialization/python-json.ts';

const connection = 'sqlite:///cl.sqlite';

describe('setupConfig()', () => {
  it.each([
    ['readOnly', 'read_only'],
    ['read_ony', 'read_only'],
    ['softDeletes', 'soft_deletes'],
    ['conection', 'connection'],
    ['persistence', 'storage'],
    ['database', 'storage'],
  ])('refuses %s, which is meant for the storage', (name, meant) => {
    const place = `belongs in persistence_config: { persistence_config: { ${meant}: … } }.`;
    expectError(
      () => setupConfig({ [name]: true }),
      InvalidOption,
      `The option ${name}, if it means ${meant}, ${place}`,
    );
  });

  it.each(['path', 'my_ip', 'state_path', 'nfs_mount_options', 'volume_driver'])('passes on %s of Cinder', (name) => {
    expect(setupConfig({ [name]: 'x' })).toMatchObject({ [name]: 'x' });
  });

  const defaults = {
    non_uuid_ids: false,
    output_all_backend_info: false,
    fail_on_missing_backend: true,
    root_helper: 'sudo',
    suppress_requests_ssl_warnings: true,
    disable_logs: true,
    worker: true,
  };

  it.each([undefined, null, {}])('uses the defaults of cinderlib for %o', (options) => {
    expect(setupConfig(options)).toEqual(defaults);
  });

  it('keeps the given options', () => {
    const worker = () => null;
    const options = {
      persistence_config: { storage: 'db', connection },
      project_id: 'p',
      user_id: 'u',
      non_uuid_ids: true,
      output_all_backend_info: true,
      fail_on_missing_backend: false,
      host: 'h',
      root_helper: '',
      file_locks_path: '/locks',
      suppress_requests_ssl_warnings: false,
      disable_logs: false,
      worker,
    };
    expect(setupConfig(options)).toEqual(options);
    expect(setupConfig({ worker: false }).worker).toBe(false);
  });

  it('accepts null where cinderlib accepts None', () => {
    const nulls = { persistence_config: null, project_id: null, user_id: null, host: null, file_locks_path: null };
    expect(setupConfig(nulls)).toEqual({ ...defaults, ...nulls });
  });

  it('counts an undefined option as absent, even one that does not exist', () => {
    expect(setupConfig({ connection: undefined, persistance_config: undefined, my_ip: undefined })).toEqual(defaults);
    expect(setupConfig({ my_ip: undefined })).not.toHaveProperty('my_ip');
  });

  it('does not change its argument', () => {
    const options = Object.freeze({ persistence_config: Object.freeze({ storage: 'memory' }) });
    expect(setupConfig(options)).not.toBe(options);
    expect(options).toEqual({ persistence_config: { storage: 'memory' } });
  });

  it('keeps unknown options, which belong to Cinder', () => {
    const options = { my_ip: '10.0.0.1', target_helper: 'lioadm', rootwrap: 1, x: null };
    expect(setupConfig(options)).toEqual({ ...defaults, ...options });
  });

  it.each([
    ['persistance_config', 'persistence_config'],
    ['persistenceConfig', 'persistence_config'],
    ['projectid', 'project_id'],
    ['userid', 'user_id'],
    ['non_uuid_id', 'non_uuid_ids'],
    ['output_all_backends_info', 'output_all_backend_info'],
    ['fail_on_missing_backends', 'fail_on_missing_backend'],
    ['Host', 'host'],
    ['root_hlper', 'root_helper'],
    ['file_lock_path', 'file_locks_path'],
    ['disable_log', 'disable_logs'],
    ['workers', 'worker'],
  ])('refuses the misspelt option %s', (misspelt, meant) => {
    expectError(
      () => setupConfig({ [misspelt]: 'secret' }),
      InvalidOption,
      `setup() has no option ${misspelt}. Did you mean ${meant}?`,
    );
  });

  it.each([
    [{ persistence_config: 'db' }, 'persistence_config cannot be a string: a plain object is expected'],
    [{ persistence_config: [] }, 'persistence_config cannot be a list: a plain object is expected'],
    [{ persistence_config: new Map() }, 'persistence_config cannot be an object: a plain object is expected'],
    [{ project_id: 5 }, 'project_id cannot be 5: a string is expected'],
    [{ user_id: {} }, 'user_id cannot be an object: a string is expected'],
    [{ host: '' }, 'host cannot be an empty string: it must not be empty'],
    // Its volumes could not be found again.
    [{ host: 'web#1' }, "host cannot be 'web#1': a name without #, which introduces the pool, is expected"],
    // It may be another option's value.
    [
      { host: 'db://u:pw#1' },
      'host cannot be a string that may be a secret: a name without #, which introduces the pool, is expected',
    ],
    [{ non_uuid_ids: 'yes' }, 'non_uuid_ids cannot be a string: a boolean is expected'],
    [{ fail_on_missing_backend: null }, 'fail_on_missing_backend cannot be null: a boolean is expected'],
    [{ output_all_backend_info: 1 }, 'output_all_backend_info cannot be 1: a boolean is expected'],
    [{ root_helper: ['sudo'] }, 'root_helper cannot be a list: a string is expected'],
    [{ worker: 'yes' }, 'worker cannot be a string: true, false or a function is expected'],
    [{ worker: null }, 'worker cannot be null: true, false or a function is expected'],
  ])('refuses options of the wrong type: %o', (options, message) => {
    expectError(() => setupConfig(options), InvalidOption, `setup(): the option ${message}.`);
  });

  it.each([
    [5, 'a number'],
    ['sqlite://', 'a string'],
    [[], 'a list'],
    [true, 'a boolean'],
    [() => ({}), 'a function'],
  ])('refuses %o instead of options', (options, shown) => {
    expectError(
      () => setupConfig(options),
      InvalidOption,
      `setup(): an object with options is expected, not ${shown}.`,
    );
  });

  it('reads each option once, even if a getter returns another value later', () => {
    for (const base of [null, Object.prototype]) {
      const changing = Object.create(base);
      const looks = { host: 0, worker: 0, my_ip: 0 };
      for (const name of ['host', 'worker', 'my_ip'] as const) {
        Object.defineProperty(changing, name, {
          get: () => (looks[name]++ === 0 ? (name === 'worker' ? false : 'first') : 5),
          enumerable: true,
        });
      }
      expect(setupConfig(changing)).toMatchObject({ host: 'first', worker: false, my_ip: 'first' });
      // Properties of a class are not own properties of its objects.
      expect(setupConfig(Object.create({ host: 'inherited' })).host).toBe('inherited');
    }
  });

  it('ignores options inherited through __proto__ of a JSON object', () => {
    const config = setupConfig(JSON.parse('{"__proto__": {"host": "evil", "worker": 5}, "my_ip": "x"}'));
    expect(config.host).toBeUndefined();
    expect(config.worker).toBe(true);
    expect(Reflect.get({}, 'host')).toBeUndefined();
  });
});

describe('databaseOptions()', () => {
  const defaults = {
    connection,
    soft_deletes: false,
    sqlite_synchronous: true,
    read_only: false,
    busy_timeout: 5000,
    ask_to_persist: true,
  };

  it('has defaults for everything but the connection', () => {
    expect(databaseOptions({ connection })).toEqual(defaults);
  });

  it('keeps the given options', () => {
    const options = {
      ...{ connection, soft_deletes: true, sqlite_synchronous: false, medium: 'opfs' },
      ...{ read_only: true, busy_timeout: 0, ask_to_persist: false },
    };
    expect(databaseOptions(options)).toEqual(options);
    for (const from of [new Uint8Array(1), new Blob([])]) expect(databaseOptions({ connection, from }).from).toBe(from);
  });

  it.each([
    [{}, 'the option connection is missing'],
    [{ connection: undefined }, 'the option connection is missing'],
    [{ connection: null }, 'the option connection cannot be null: a string is expected'],
    [{ connection: '' }, 'the option connection cannot be an empty string: it must not be empty'],
    [{ connection: 5 }, 'the option connection cannot be 5: a string is expected'],
    [{ connection: new URL('sqlite:///x') }, 'the option connection cannot be an object: a string is expected'],
    [{ connection, busy_timeout: -1 }, 'the option busy_timeout cannot be -1: 0 or more is expected'],
    [{ connection, busy_timeout: Number.NaN }, 'the option busy_timeout cannot be NaN: a number is expected'],
    [{ connection, busy_timeout: '5' }, 'the option busy_timeout cannot be a string: a number is expected'],
    [{ connection, soft_deletes: 1 }, 'the option soft_deletes cannot be 1: a boolean is expected'],
    [
      { connection, sqlite_synchronous: 'off' },
      'the option sqlite_synchronous cannot be a string: a boolean is expected',
    ],
    [{ connection, read_only: null }, 'the option read_only cannot be null: a boolean is expected'],
    [
      { connection, medium: 'disk' },
      "the option medium cannot be 'disk': one of filesystem, indexeddb, opfs, or the storage memory_db, is expected",
    ],
    [{ connection, from: 'bytes' }, 'the option from cannot be a string: a Blob or Uint8Array is expected'],
    [{ connection, from: new ArrayBuffer(1) }, 'the option from cannot be an object: a Blob or Uint8Array is expected'],
    [null, 'an object with options is expected, not null'],
    [undefined, 'an object with options is expected, not undefined'],
    [connection, 'an object with options is expected, not a string'],
  ])('refuses %o', (options, message) => {
    expectError(() => databaseOptions(options), InvalidPersistence, `The storage 'db': ${message}.`);
  });

  it.each([
    ['conection', 'connection'],
    ['Connection', 'connection'],
    ['soft_delete', 'soft_deletes'],
    ['sqlite_synchronus', 'sqlite_synchronous'],
    ['medium_', 'medium'],
    ['readonly', 'read_only'],
    ['form', 'from'],
  ])('refuses the misspelt option %s', (misspelt, meant) => {
    const message = `The storage 'db' has no option ${misspelt}. Did you mean ${meant}?`;
    expectError(() => databaseOptions({ connection, [misspelt]: true }), InvalidPersistence, message);
    // Even if a required option is missing because of that.
    expectError(() => databaseOptions({ [misspelt]: connection }), InvalidPersistence, message);
  });

  it.each(['url', 'path', 'filename'])('asks whether %s means the connection', (name) => {
    const message = `The storage 'db' has no option ${name}. Did you mean connection?`;
    expectError(() => databaseOptions({ [name]: 'cl.sqlite' }), InvalidPersistence, message);
  });

  it('refuses a persistence_config inside another one', () => {
    const message = "The storage 'memory' has no option persistence_config. Pass what it contains.";
    expectError(() => memoryOptions({ persistence_config: {} }), InvalidPersistence, message);
  });

  it.each(['pool_size', 'toString', '__proto__', ''])('refuses the unknown option %o', (name) => {
    const options = { connection, ...JSON.parse(`{${JSON.stringify(name)}: 1}`) };
    expectError(
      () => databaseOptions(options),
      InvalidPersistence,
      `The storage 'db' has no option ${name === '' ? 'of that name' : name}.`,
    );
  });

  const url = 'postgresql://cinder:s3cr3t-p4ss@db.example/cinder';
  it.each([
    { connection: [url] },
    { connection: { url } },
    { connection: new URL(url) },
    { conection: url },
    { connection: url, password: 's3cr3t-p4ss' },
    { connection: url, soft_deletes: 's3cr3t-p4ss' },
    { connection: url, medium: 's3cr3t-p4ss' },
    { connection: url, medium: url },
    { connection: url, from: url },
    { connection: url, read_only: url },
    url,
    [url],
  ])('never shows a password in an error, nor does any other reader of options: %#', (options) => {
    for (const read of [databaseOptions, memoryDatabaseOptions, memoryOptions]) expectNoSecret(() => read(options));
    expectNoSecret(() => setupConfig({ persistence_config: [options] }));
    expectNoSecret(() => setupConfig({ persistence_conf: options }));
    expectNoSecret(() => setupConfig({ host: options, worker: options }));
  });
});

describe('memoryOptions() and memoryDatabaseOptions()', () => {
  it('accept no options, except for the initial content of a database in memory', () => {
    const from = new Uint8Array(1);
    expect(memoryDatabaseOptions({ from })).toEqual({ from });
    expect(memoryDatabaseOptions({})).toEqual({});
    expect(() => memoryOptions({})).not.toThrow();
  });

  it('accept undefined options of other storages, so that the same configuration can choose the storage', () => {
    expect(() => memoryOptions({ connection: undefined })).not.toThrow();
    expect(memoryDatabaseOptions({ connection: undefined, unknown: undefined })).toEqual({});
  });

  it('refuse options of other storages', () => {
    const elsewhere = (name: string) => `The storage 'db' has it: { storage: 'db', ${name}: … }.`;
    for (const name of ['from', 'connection']) {
      const message = `The storage 'memory' has no option ${name}. ${elsewhere(name)}`;
      expectError(() => memoryOptions({ [name]: 1 }), InvalidPersistence, message);
    }
    expectError(
      () => memoryDatabaseOptions({ connection }),
      InvalidPersistence,
      `The storage 'memory_db' has no option connection. ${elsewhere('connection')}`,
    );
    expectError(
      () => memoryDatabaseOptions({ frm: 1 }),
      InvalidPersistence,
      "The storage 'memory_db' has no option frm. Did you mean from?",
    );
  });
});

describe('compared with a schema library', () => {
  const value = fc.oneof(
    ...[fc.string(), fc.boolean(), fc.double(), fc.integer({ min: -1, max: 1 }), fc.constantFrom(null, undefined, '')],
    ...[fc.constantFrom('db', 'memory', 'opfs', 'indexeddb', connection), fc.array(fc.string()), fc.object()],
    ...[new Uint8Array(1), new Blob([]), new Map(), () => null, Object.create(null), new Date(0)].map(fc.constant),
  );
  const name = fc.oneof(
    fc.constantFrom('persistence_config', 'project_id', 'user_id', 'non_uuid_ids', 'host', 'root_helper', 'worker'),
    fc.constantFrom(
      'connection',
      'soft_deletes',
      'medium',
      'read_only',
      'busy_timeout',
      'from',
      'sqlite_synchronous',
      'ask_to_persist',
    ),
    fc.constantFrom('workers', 'conection', 'toString', 'constructor', 'my_ip', 'storage'),
    fc.string(),
  );
  const options = fc.oneof(
    { weight: 9, arbitrary: fc.dictionary(name, value, { maxKeys: 4 }) },
    { weight: 9, arbitrary: fc.dictionary(name, value, { maxKeys: 3 }).map((rest) => ({ connection, ...rest })) },
    { weight: 1, arbitrary: value.filter((given) => !(given instanceof Blob)) },
  );

  it('the readers of options give the same results and the same errors', () => {
    const outcome = (read: (given: unknown) => unknown, given: unknown): unknown => {
      try {
        return read(given);
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(options, (given) => {
        expect(outcome(setupConfig, given)).toEqual(outcome(byZod.setupConfig, given));
        expect(outcome(databaseOptions, given)).toEqual(outcome(byZod.databaseOptions, given));
        expect(outcome(memoryDatabaseOptions, given)).toEqual(outcome(byZod.memoryDatabaseOptions, given));
        expect(outcome(memoryOptions, given)).toEqual(outcome(byZod.memoryOptions, given));
      }),
      { numRuns: 3000 },
    );
  });
});

function expectError(call: () => unknown, type: new (message: string) => CinderlibError, message: string): void {
  const error = errorOf(call);
  expect(error).toBeInstanceOf(type);
  expect(error.message).toBe(message);
}

function expectNoSecret(call: () => unknown): void {
  const error = errorOf(call);
  for (const shown of [String(error), error.stack ?? '', JSON.stringify(error), String(error.cause)]) {
    expect(shown).not.toContain('s3cr3t-p4ss');
  }
}
