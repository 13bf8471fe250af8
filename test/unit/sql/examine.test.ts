/** The faults that `examine` finds in tables, and what `repair` does about them. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Examination } from '../../../src/rpc/contract.ts';
import { examine } from '../../../src/sql/read/examine.ts';
import { creation, openWriter, type Writer } from './writer.ts';

let writer: Writer;

beforeEach(async () => {
  writer = await openWriter();
  await writer.write({
    kind: 'setVolume',
    change: { ...creation('v', { status: 'available' }), metadata: [['k', '1']] },
  });
  await writer.write({ kind: 'setSnapshot', change: creation('s', { volume_id: 'v', status: 'available' }) });
  await writer.write({ kind: 'setConnection', change: creation('c', { volume_id: 'v', connection_info: '{}' }) });
});

const look = (): Promise<Examination> => examine(writer.engine, true);
const found = async (): Promise<[string, string, readonly string[]][]> =>
  (await look()).findings.map(({ name, table, ids }) => [name, table, ids]);

const volume = (columns: string, values: string): string =>
  `INSERT INTO volumes (deleted, id, use_quota, volume_type_id${columns}) VALUES (0, ${values})`;
const type = (id: string, name = id): string =>
  `INSERT INTO volume_types (deleted, id, name) VALUES (0, '${id}', '${name}')`;

/** Each fault, and the finding that it gives. */
const faults: readonly (readonly [string, string, string, string, readonly string[]])[] = [
  [
    'a snapshot without a volume',
    "UPDATE snapshots SET volume_id = 'x'",
    'snapshot_without_volume',
    'snapshots',
    ['s'],
  ],
  [
    'a connection without a volume',
    "UPDATE volume_attachment SET volume_id = 'x'",
    'connection_without_volume',
    'volume_attachment',
    ['c'],
  ],
  [
    'a connection with invalid JSON',
    "UPDATE volume_attachment SET connection_info = '{'",
    'invalid_json',
    'volume_attachment',
    ['c'],
  ],
  ['a volume stuck in creating', "UPDATE volumes SET status = 'creating'", 'stuck', 'volumes', ['v']],
  ['a volume stuck in deleting', "UPDATE volumes SET status = 'deleting'", 'stuck', 'volumes', ['v']],
  ['a snapshot stuck in creating', "UPDATE snapshots SET status = 'creating'", 'stuck', 'snapshots', ['s']],
  ['the own type of a missing volume', type('gone'), 'orphan_type', 'volume_types', ['gone']],
  ['an unused type', type('t', 'gold'), 'unused_type', 'volume_types', ['t']],
  ['a volume without its type', volume('', "'w', 1, 'no type'"), 'volume_without_type', 'volumes', ['w']],
  [
    'metadata without an owner',
    "INSERT INTO volume_metadata (deleted, id, volume_id, key) VALUES (0, 90, 'x', 'k')",
    'orphan_metadata',
    'volume_metadata',
    ['90'],
  ],
  [
    'extra specs without an owner',
    "INSERT INTO volume_type_extra_specs (deleted, id, volume_type_id, key) VALUES (0, 90, 'x', 'k')",
    'orphan_metadata',
    'volume_type_extra_specs',
    ['90'],
  ],
  [
    'QoS specs without an owner',
    "INSERT INTO quality_of_service_specs (deleted, id, key, value) VALUES (0, 'q', 'QoS_Specs_Name', 'q')",
    'orphan_metadata',
    'quality_of_service_specs',
    ['q'],
  ],
  [
    'a duplicate key',
    "INSERT INTO volume_metadata (deleted, id, volume_id, key, value) VALUES (0, 90, 'v', 'k', '2')",
    'duplicate_metadata',
    'volume_metadata',
    ['1'],
  ],
];

test('a sound database has no findings', async () => {
  expect(await look()).toMatchObject({ integrity: [], findings: [] });
});

describe.each(faults)('%s', (_, sql, name, table, ids) => {
  test('is found by examine()', async () => {
    writer.rows(sql);
    expect(await found()).toEqual([[name, table, ids]]);
  });

  test('is repaired if that loses nothing, and otherwise refused by repair()', async () => {
    writer.rows(sql);
    const [finding] = (await look()).findings;
    if (finding === undefined) throw new Error('not found');
    const repair = writer.write({ kind: 'repair', findings: [finding] });
    if (!finding.repairable) {
      await expect(repair).rejects.toThrow('no safe repair');
      expect(await found()).toEqual([[name, table, ids]]);
      return;
    }
    await repair;
    expect(await found()).toEqual([]);
    const rows = writer.rows(`SELECT deleted FROM ${table} WHERE CAST(id AS TEXT) IN ('${ids.join("', '")}')`);
    expect(rows).toEqual(ids.map(() => ({ deleted: 1 })));
  });
});

test('a repair includes everything that depends on it, so that one repair is enough', async () => {
  const spec = (id: number, owner: string): string =>
    `INSERT INTO volume_type_extra_specs (deleted, id, volume_type_id, key) VALUES (0, ${id}, '${owner}', 'k')`;
  const qos = (id: string, root: string): string =>
    `INSERT INTO quality_of_service_specs (deleted, id, specs_id, key, value) VALUES (0, '${id}', ${root}, 'k', 'v')`;
  for (const sql of [type('gone'), spec(90, 'gone'), qos('gone', 'NULL'), qos('child', "'gone'")]) writer.rows(sql);
  // Specs of a type that may be in use stay, and so do those of a type without a name.
  for (const sql of [type('t', 'gold'), spec(91, 't'), qos('t', 'NULL'), qos('other', "'t'")]) writer.rows(sql);
  for (const sql of [type('u', 'u'), "UPDATE volume_types SET name = NULL WHERE id = 'u'", spec(92, 'u')])
    writer.rows(sql);
  const repairable = (await look()).findings.filter((finding) => finding.repairable);
  expect(repairable.map(({ table, ids }) => [table, [...ids].sort()])).toEqual([
    ['volume_types', ['gone']],
    ['volume_type_extra_specs', ['90']],
    ['quality_of_service_specs', ['child', 'gone']],
  ]);
  await writer.write({ kind: 'repair', findings: repairable });
  expect((await look()).findings.filter((finding) => finding.repairable)).toEqual([]);
});

test('a repair is refused if there are more findings than were shown', async () => {
  writer.rows(type('gone'));
  const findings = (await look()).findings;
  writer.rows(type('gone too'));
  await expect(writer.write({ kind: 'repair', findings })).rejects.toThrow('the database was changed meanwhile');
  expect((await look()).findings[0]?.count).toBe(2);
});

test('types with the same name are found, including the default type', async () => {
  writer.rows(type('twin', '__DEFAULT__'));
  const [finding] = await found();
  expect(finding?.slice(0, 2)).toEqual(['duplicate_type_name', 'volume_types']);
  expect([...(finding?.[2] ?? [])].sort()).toEqual([writer.defaultTypeId, 'twin'].sort());
});

test('the first hundred ids of a finding are listed, and all are counted', async () => {
  for (let number = 0; number < 150; number++) writer.rows(type(`type ${number}`));
  const [finding] = (await look()).findings;
  expect([finding?.count, finding?.ids.length]).toEqual([150, 100]);
});

test('rows are counted by table, as live, deleted and foreign', async () => {
  writer.rows("UPDATE volumes SET deleted = 1 WHERE id = 'v'");
  writer.rows("INSERT INTO clusters (deleted, id, name, binary, race_preventer) VALUES (0, 1, 'c', 'b', 1)");
  const { tables } = await look();
  const of = (name: string) => tables.find(({ table }) => table === name);
  expect(of('volumes')).toEqual({ table: 'volumes', live: 0, deleted: 1, foreign: 0 });
  expect(of('clusters')).toEqual({ table: 'clusters', live: 1, deleted: 0, foreign: 1 });
  expect(of('quota_classes')).toMatchObject({ live: 6, foreign: 0 });
});

test('tables of others may have any name', async () => {
  for (const name of ['a"b', 'In Ventory', '?', '"', "it's", 'Ärger']) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    writer.rows(`CREATE TABLE ${quoted} (x)`);
    writer.rows(`INSERT INTO ${quoted} VALUES (1), (2)`);
  }
  const { tables } = await look();
  const counts = tables.flatMap(({ table, foreign }) => (foreign === 2 ? [table] : []));
  expect(counts.sort()).toEqual(['"', '?', 'a"b', 'In Ventory', "it's", 'Ärger'].sort());
});
