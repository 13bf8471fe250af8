/** What can go wrong with a server: each fault gives one clear error that names its subject, and changes nothing. */
import { type Cinderlib, type FakeLoggingVolumeDriver, KeyValue, setup } from 'cinderlib-wasm';
import { afterEach, describe, expect, test } from 'vitest';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { rowsOf } from '../support/server-rows.ts';
import { nameIn, serverKinds, useServer } from '../support/server-tests.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);
  const opened: Cinderlib[] = [];
  afterEach(async () => {
    for (const cl of opened.splice(0)) await cl.close();
  });

  const isMysql = kind === 'mysql';
  const anybody = isMysql ? `'%'` : '';

  async function open(connection: string, others: object = {}): Promise<Cinderlib> {
    const cl = await setup({
      persistence_config: { storage: 'db', connection, ...others },
      fail_on_missing_backend: false,
    });
    opened.push(cl);
    return cl;
  }

  /** A new database with one volume. */
  async function filled(others: object = {}) {
    const connection = await server.running.createDatabase();
    const cl = await open(connection, others);
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
    const volume = await backend.createVolume(1, { name: 'first', metadata: { k: 'v' } });
    return { connection, cl, backend, volume, rows: () => rowsOf(server.running, nameIn(connection)) };
  }

  /** The URL with another user. */
  function as(connection: string, user: string, password: string): string {
    const url = new URL(connection);
    url.username = user;
    url.password = password;
    return url.href;
  }

  /** Creates a user with the password `right`, on PostgreSQL in a new role. */
  function createUser(name: string, role: string): void {
    server.running.sql(
      isMysql
        ? `CREATE OR REPLACE USER ${name}@'%' IDENTIFIED BY 'right'`
        : `CREATE ROLE ${role}; CREATE ROLE ${name} LOGIN PASSWORD 'right' IN ROLE ${role}`,
    );
  }

  test('a wrong password is refused with AccessDenied, and not shown', async (context) => {
    server.require(context);
    const { connection } = await filled();
    createUser('careful', 'secretive');
    const failure = open(as(connection, 'careful', 'wr0ng'));
    await expect(failure).rejects.toMatchObject({ name: 'AccessDenied', code: 'ACCESS_DENIED' });
    await expect(failure).rejects.toThrow('careful');
    await expect(failure).rejects.not.toThrow('wr0ng');
  });

  test('a server that asks for a password is not said to be unreachable if there is none', async (context) => {
    server.require(context);
    const { connection } = await filled();
    createUser('forgetful', 'distracted');
    for (const url of [
      as(connection, 'forgetful', ''),
      as(connection, 'forgetful', '').replace('forgetful@', 'forgetful:@'),
    ]) {
      await expect(open(url)).rejects.toMatchObject({
        name: 'AccessDenied',
        message: expect.stringMatching(/password/),
      });
    }
  });

  test('an unknown database is refused with the statement that creates it', async (context) => {
    server.require(context);
    const failure = open(server.running.url('nowhere'));
    await expect(failure).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    await expect(failure).rejects.toThrow(/nowhere.*CREATE DATABASE/);
  });

  test('an unreachable server is named, and the password is not shown', async () => {
    for (const place of ['127.0.0.1:1', 'nobody.invalid']) {
      const failure = open(`${kind}://u:secret@${place}/d?connect_timeout=5`);
      await expect(failure).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
      await expect(failure).rejects.toThrow(place);
      await expect(failure).rejects.not.toThrow('secret');
    }
  });

  test('a server without TLS is refused if the URL requires TLS', async (context) => {
    server.require(context);
    const { connection } = await filled();
    const failure = open(`${connection}?${isMysql ? 'ssl=true' : 'sslmode=require'}`, { read_only: true });
    await expect(failure).rejects.toThrow(/not support (?:SSL|secure) connection.*Check the URL's TLS options/);
  });

  // MySQL lets nobody in without any right, and shows the tables to those who have one.
  if (!isMysql) {
    test('a user who sees no tables gets a SchemaError', async (context) => {
      server.require(context);
      const { connection } = await filled();
      server.running.sql('CREATE ROLE blind LOGIN');
      const failure = open(as(connection, 'blind', ''), { read_only: true });
      await expect(failure).rejects.toMatchObject({ name: 'SchemaError' });
      await expect(failure).rejects.toThrow('it has no Cinder tables, or none that this user may see');
    });
  }

  test('a user who may only read can read, and every change is refused', async (context) => {
    server.require(context);
    const { connection, volume, rows } = await filled();
    const name = nameIn(connection);
    const reader = `reader_${name.slice(-8)}`;
    server.running.sql(
      isMysql
        ? `CREATE USER ${reader}@${anybody}; GRANT SELECT ON ${name}.* TO ${reader}@${anybody}`
        : `CREATE ROLE ${reader} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`,
      name,
    );
    const before = rows();
    const cl = await open(as(connection, reader, ''));
    const found = await cl.Volume.getById(volume.id);
    expect(found.name).toBe('first');
    found.name = 'other';
    await expect(found.save()).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(cl.persistence.deleteVolume(found)).rejects.toThrow(/denied .*(volumes|attachment_specs)/);
    expect(rows()).toEqual(before);
  });

  test('read_only refuses changes although the server would accept them', async (context) => {
    server.require(context);
    const { connection, volume, rows } = await filled();
    const before = rows();
    const cl = await open(connection, { read_only: true });
    expect((await cl.info()).read_only).toBe(true);
    const found = await cl.Volume.getById(volume.id);
    found.name = 'other';
    await expect(found.save()).rejects.toMatchObject({ name: 'ReadOnly' });
    expect(rows()).toEqual(before);
  });

  test('a text that is too long for its column is refused with the name of the column', async (context) => {
    server.require(context);
    const { cl, volume, rows } = await filled();
    const before = rows();
    volume.name = 'x'.repeat(256);
    volume.metadata = { other: 'y' };
    await expect(volume.save()).rejects.toMatchObject({ name: 'ValueError' });
    await expect(volume.save()).rejects.toThrow('volumes.display_name has 256 characters, and the column takes 255');
    await expect(cl.persistence.setKeyValue(new KeyValue('k'.repeat(256), 'v'))).rejects.toThrow(
      'cinderlib_persistence_key_value.key has 256 characters',
    );
    expect(rows()).toEqual(before);
    volume.name = 'ä'.repeat(255);
    await volume.save();
    expect((await cl.Volume.getById(volume.id)).name).toBe('ä'.repeat(255));
  });

  test('a character that a column cannot hold is refused without showing the text', async (context) => {
    server.require(context);
    const { volume, rows } = await filled();
    const before = rows();
    volume.metadata = { k: isMysql ? 'secret 😀' : 'secret \0' };
    await expect(volume.save()).rejects.toMatchObject({ name: 'ValueError' });
    await expect(volume.save()).rejects.not.toThrow('secret');
    if (isMysql) await expect(volume.save()).rejects.toThrow('volume_metadata.value');
    expect(rows()).toEqual(before);
  });

  test('if one object of a load cannot be stored, none is', async (context) => {
    server.require(context);
    const { cl, volume, rows } = await filled();
    const before = rows();
    const dumps = ['one', 'x'.repeat(300)].map((name, number) => {
      const dump = JSON.parse(volume.jsons().replaceAll(volume.id, `00000000-0000-4000-8000-00000000000${number}`));
      Object.assign(dump.ovo['versioned_object.data'], { display_name: name });
      return dump;
    });
    await expect(cl.load(dumps, { save: true })).rejects.toMatchObject({ name: 'ValueError' });
    expect(rows()).toEqual(before);
  });

  test('if one of several concurrent saves fails, the others are stored', async (context) => {
    server.require(context);
    const { cl, backend } = await filled();
    const saves = await Promise.allSettled(
      ['a', 'x'.repeat(300), 'c'].map((name) => backend.createVolume(1, { name })),
    );
    expect(saves.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await cl.persistence.getVolumes()).map(({ name }) => name).sort()).toEqual(['a', 'c', 'first']);
  });

  test('a snapshot of a volume that is not stored is refused with MissingReference', async (context) => {
    server.require(context);
    const { cl, volume, rows } = await filled();
    const snapshot = await volume.createSnapshot();
    const dump = snapshot.jsons().replaceAll(snapshot.id, '00000000-0000-4000-8000-000000000001');
    const before = rows();
    const orphan = dump.replaceAll(volume.id, '00000000-0000-4000-8000-000000000002');
    await expect(cl.load(orphan, { save: true })).rejects.toMatchObject({ name: 'MissingReference' });
    expect(rows()).toEqual(before);
  });

  test('of a volume that was deleted elsewhere no snapshot or connection remains, and the error names it', async (context) => {
    server.require(context);
    const { cl, backend, volume } = await filled();
    await (await cl.Volume.getById(volume.id)).delete();
    const fake = backend.driver as FakeLoggingVolumeDriver;
    const missing = { name: 'VolumeNotFound', volume_id: volume.id };
    await expect(volume.createSnapshot()).rejects.toMatchObject(missing);
    expect(fake.calls.slice(-2).map(({ method }) => method)).toEqual(['createSnapshot', 'deleteSnapshot']);
    await expect(volume.connect({ host: 'x' })).rejects.toMatchObject(missing);
    expect(fake.calls.slice(-2).map(({ method }) => method)).toEqual(['terminateConnection', 'removeExport']);
    expect([await cl.persistence.getSnapshots(), await cl.persistence.getConnections()]).toEqual([[], []]);
  });

  test('an idle connection that the server has closed is replaced', async (context) => {
    server.require(context);
    const { cl, volume } = await filled();
    for (let time = 0; time < 3; time++) {
      endOthers();
      volume.name = `time ${time}`;
      await volume.save();
      endOthers();
      expect((await cl.Volume.getById(volume.id)).name).toBe(`time ${time}`);
    }
  });

  /** Closes every connection to the server except the one that does so. */
  function endOthers(): void {
    if (!isMysql) {
      server.running.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
      return;
    }
    const ids = server.running.sql(
      `SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = 'root'`,
    );
    for (const id of ids.split('\n').filter(Boolean)) server.running.sql(`KILL ${id}`);
  }

  test('close() does not wait for a server that hangs', async (context) => {
    server.require(context);
    const { connection } = await filled();
    const { proxy, url } = await CuttingProxy.before(connection);
    try {
      const cl = await open(url, { statement_timeout: 0 });
      await cl.info();
      proxy.hang();
      const waited = new Promise((resolve) => void setTimeout(resolve, 15_000, 'waited'));
      expect(await Promise.race([cl.close(), waited])).not.toBe('waited');
    } finally {
      proxy.close();
    }
  });

  test.for(['before', 'after'] as const)(
    'a connection that breaks %s the COMMIT reaches the server makes the outcome unknown',
    async (when, context) => {
      server.require(context);
      const { connection, volume } = await filled();
      const { proxy, url } = await CuttingProxy.before(connection);
      try {
        const cl = await open(url);
        const found = await cl.Volume.getById(volume.id);
        found.name = 'second';
        proxy.cutAtCommit(when);
        await expect(found.save()).rejects.toMatchObject({ name: 'OutcomeUnknown' });
        // The context remains usable, and shows the outcome.
        await expect
          .poll(async () => (await cl.Volume.getById(volume.id)).name)
          .toBe(when === 'after' ? 'second' : 'first');
        found.name = 'third';
        await found.save();
        expect((await cl.Volume.getById(volume.id)).name).toBe('third');
      } finally {
        for (const cl of opened.splice(0)) await cl.close();
        proxy.close();
      }
    },
  );
});
