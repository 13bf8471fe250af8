/** Rows that Python's cinderlib refuses, or would update while it reads: see docs/differences.md. */
import { join } from 'node:path';
import { type Cinderlib, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { copyGolden, inTemporaryFolder } from '../../support/golden.ts';
import { nativeDump, nativeRows, nativeSql } from '../../support/tables.ts';

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const deletedType = `INSERT INTO volume_types (id, name, deleted) VALUES ('gone', 'gone', 1);
  UPDATE volumes SET volume_type_id = 'gone'`;
const [volume, snapshot, connection] = [id(2), id(201), id(102)];

/** Opens a database with volumes on the backends `b1` and `b2`, after another program has changed it by `sql`. */
async function withRows(sql: string, use: (cl: Cinderlib, path: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('odd.sqlite.gz', join(folder, 'odd.sqlite'));
    nativeSql(path, sql);
    const connection = `sqlite:///${path}`;
    const cl = await setup({ persistence_config: { storage: 'db', connection }, worker: false });
    try {
      const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
      for (const volume_backend_name of ['b1', 'b2']) await cl.backend({ volume_backend_name, volume_driver });
      await use(cl, path);
    } finally {
      await cl.close();
    }
  });
}

test.each([
  ['a missing type', "UPDATE volumes SET volume_type_id = 'nobody'", '"volume_type":null'],
  ['a type that is marked as deleted', deletedType, '"volume_type":null'],
  ['a status that Cinder does not know', "UPDATE volumes SET attach_status = 'odd'", '"attach_status":"odd"'],
  ['no connection_info', 'UPDATE volume_attachment SET connection_info = NULL', '"connection_info":null'],
  ['connection_info without conn', `UPDATE volume_attachment SET connection_info = '{}'`, '"connection_info":{}'],
  ['connection_info that is a text', `UPDATE volume_attachment SET connection_info = '"x"'`, '"connection_info":"x"'],
  ['a T in its time', "UPDATE volumes SET created_at = '2012-03-04T05:06:07'", '"2012-03-04T05:06:07.000000Z"'],
  ['a date without a time', "UPDATE volumes SET created_at = '2012-03-04'", '"2012-03-04T00:00:00.000000Z"'],
  [
    'a time in milliseconds',
    "UPDATE volumes SET created_at = '2012-03-04 05:06:07.123'",
    '"2012-03-04T05:06:07.123000Z"',
  ],
])('a volume with %s is listed and printed', async (_what, sql, shown) => {
  await withRows(sql, async (cl) => {
    expect((await cl.persistence.getVolumes()).length).toBe(4);
    expect(await (await cl.Volume.getById(volume)).dumps()).toContain(shown);
    expect((await cl.persistence.getConnections({ volume_id: volume })).length).toBe(1);
  });
});

// What Python's cinderlib printed for such columns.
test.each([
  ['7.9', '7'],
  ['-7.9', '-7'],
  ['1e30', '1000000000000000019884624838656'],
  [`'1_0'`, '10'],
  [`' 7 '`, '7'],
  ['4611686018427387904', '4611686018427387904'],
])('a size stored as %s is read as %s', async (stored, printed) => {
  await withRows(`UPDATE volumes SET size = ${stored}; UPDATE snapshots SET volume_size = ${stored}`, async (cl) => {
    expect((await cl.Volume.getById(volume)).jsons()).toContain(`"size":${printed},`);
    expect((await cl.Snapshot.getById(snapshot)).jsons()).toContain(`"volume_size":${printed},`);
  });
});

test('an empty size of a volume is read as 0, one of a snapshot is refused', async () => {
  await withRows(
    `UPDATE volumes SET size = ''; UPDATE snapshots SET volume_size = ''`,
    async ({ Volume, persistence }) => {
      expect((await Volume.getById(volume)).size).toBe(0);
      await expect(persistence.getSnapshots()).rejects.toMatchObject({ name: 'ValueError' });
    },
  );
});

test('a size that is no number gives an error that names its volume', async () => {
  await withRows(`UPDATE volumes SET size = '7x' WHERE id = '${volume}'`, async ({ persistence }) => {
    const refusal = { name: 'ValueError', item: `Volume ${volume}`, message: expect.stringContaining("base 10: '7x'") };
    await expect(persistence.getVolumes()).rejects.toMatchObject(refusal);
  });
});

test.each([
  ['volume_metadata', 'volume_id', 'Volume', volume],
  ['snapshot_metadata', 'snapshot_id', 'Snapshot', snapshot],
])('a null value in %s gives an error that names its owner', async (table, owner, model, ownerId) => {
  const sql = `INSERT INTO ${table} (${owner}, "key", deleted) VALUES ('${ownerId}', 'k', 0)`;
  await withRows(sql, async ({ persistence }) => {
    const reading = model === 'Volume' ? persistence.getVolumes() : persistence.getSnapshots();
    await expect(reading).rejects.toMatchObject({ name: 'ValueError', item: `${model} ${ownerId}` });
  });
});

test('reading leaves attachment specs of an older Cinder in place', async () => {
  const sql = `INSERT INTO attachment_specs (attachment_id, "key", value, deleted) VALUES ('${connection}', 'k', 'v', 0)`;
  await withRows(sql, async (cl, path) => {
    const before = nativeDump(path);
    await cl.dumps();
    expect((await cl.Connection.getById(connection)).connector).toEqual({ host: 'h' });
    expect(nativeDump(path)).toBe(before);
  });
});

test('null assigned to connector and connection_info of a connection is stored', async () => {
  await withRows('', async (cl, path) => {
    const stored = await cl.Connection.getById(connection);
    stored.connector = null;
    stored.connection_info = null;
    await stored.save();
    const [row] = nativeRows(path, 'SELECT connector, connection_info FROM volume_attachment');
    expect(row).toEqual({ connector: null, connection_info: null });
  });
});

test('a new volume type in the dump of a volume is stored with all its fields', async () => {
  await withRows('', async (cl, path) => {
    const [created_at, name] = ['2012-03-04T05:06:07.000000Z', 'gold'];
    const { class: kind, backend, ovo } = await (await cl.Volume.getById(id(3))).dump();
    const data = ovo['versioned_object.data'] as Record<string, unknown>;
    const type = data['volume_type'] as Record<string, unknown>;
    const typeData = type['versioned_object.data'] as Record<string, unknown>;
    Object.assign(data, { id: id(9), volume_type_id: id(8) });
    Object.assign(typeData, { id: id(8), name, created_at, updated_at: null, is_public: false, description: 'd' });
    await cl.load({ class: kind, backend, ovo }, { save: true });
    const rows = nativeRows(
      path,
      `SELECT name, is_public, description, created_at FROM volume_types WHERE id = '${id(8)}'`,
    );
    expect(rows).toEqual([{ name, is_public: 0, description: 'd', created_at: '2012-03-04 05:06:07.000000' }]);
  });
});

test('refresh() of a snapshot keeps the object of its volume unchanged', async () => {
  await withRows('', async (cl) => {
    const read = await cl.Snapshot.getById(snapshot);
    const parent = await read.volume();
    parent.display_name = 'not saved yet';
    const other = await cl.Snapshot.getById(snapshot);
    other.display_name = 'renamed';
    await other.save();
    await read.refresh();
    expect(read.display_name).toBe('renamed');
    expect(await read.volume()).toBe(parent);
    expect(parent.display_name).toBe('not saved yet');
  });
});
