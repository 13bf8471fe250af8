/** Content that is read from a golden database and written to a new one stays the same. */
import { describe, expect, test } from 'vitest';
import type { Entries, RowSet, SqlValue, VolumeTypeChange } from '../../../src/rpc/contract.ts';
import { getSnapshots } from '../../../src/sql/read/snapshots.ts';
import { getVolumes } from '../../../src/sql/read/volumes.ts';
import { goldenDatabases } from '../../support/golden.ts';
import type { PlainEngine } from './plain-engine.ts';
import { openWriter, type Writer } from './writer.ts';

const objects = ({ columns, rows }: RowSet) =>
  rows.map((row) => Object.fromEntries(columns.map((column, place) => [column, row[place] ?? null])));

/** The pairs of each owner. */
function pairsBy(set: RowSet): (owner: SqlValue | undefined) => Entries<string> {
  return (owner) =>
    set.rows
      .filter(([id]) => id === owner)
      .map(
        (
          [, key, value], // The type of metadata; the extra specs among them may be null.
        ) => [String(key), value as string],
      );
}

/** Writes all volumes, snapshots and connections of a database to another one, like loading a dump. */
async function copy(from: PlainEngine, to: Writer): Promise<void> {
  const volumes = await getVolumes(from, {});
  const [metadata, admin] = [pairsBy(volumes.volume_metadata), pairsBy(volumes.volume_admin_metadata)];
  const [extra_specs, types] = [pairsBy(volumes.volume_type_extra_specs), objects(volumes.volume_types)];
  for (const values of objects(volumes.volumes)) {
    const id = String(values['id']);
    const type = types.find((row) => row['id'] === values['volume_type_id']);
    const volume_type: VolumeTypeChange | null =
      type === undefined ? null : { id: String(type['id']), values: type, extra_specs: extra_specs(type['id']) };
    const change = { id, values, whole: true, metadata: metadata(id), admin_metadata: admin(id) };
    await to.write({ kind: 'setVolume', change: volume_type === null ? change : { ...change, volume_type } });
  }
  for (const values of objects(volumes.volume_attachment)) {
    await to.write({ kind: 'setConnection', change: { id: String(values['id']), values, whole: true } });
  }
  const snapshots = await getSnapshots(from, {});
  const snapshotMetadata = pairsBy(snapshots.snapshot_metadata);
  for (const values of objects(snapshots.snapshots)) {
    const id = String(values['id']);
    await to.write({ kind: 'setSnapshot', change: { id, values, whole: true, metadata: snapshotMetadata(id) } });
  }
}

/** The live rows, with the name of the default type in place of its id. */
function liveRows(engine: PlainEngine) {
  const rows = (sql: string) => JSON.stringify(engine.rows(sql));
  const tables = ['volumes', 'snapshots', 'volume_attachment'].map((table) =>
    rows(`SELECT * FROM ${table} WHERE deleted = 0 ORDER BY id`),
  );
  const pairs = ['volume_metadata', 'volume_admin_metadata'].map((table) =>
    rows(`SELECT volume_id, "key", value FROM ${table} WHERE deleted = 0 AND volume_id IN
      (SELECT id FROM volumes WHERE deleted = 0) ORDER BY volume_id, rowid`),
  );
  const used = `(SELECT volume_type_id FROM volumes WHERE deleted = 0)`;
  const types = rows(`SELECT * FROM volume_types WHERE id IN ${used} AND name <> '__DEFAULT__' ORDER BY id`);
  const specs = rows(`SELECT volume_type_id, "key", value FROM volume_type_extra_specs
    WHERE deleted = 0 AND volume_type_id IN ${used} ORDER BY volume_type_id, rowid`);
  const id = engine.value(`SELECT id FROM volume_types WHERE name = '__DEFAULT__'`);
  return [...tables, ...pairs, types, specs].map((text) => text.replaceAll(String(id), '__DEFAULT__'));
}

// A copy omits connections without a volume, and reports them.
describe.each(goldenDatabases.filter(({ name }) => name !== 'many' && name !== 'orphans'))('$name', ({ file }) => {
  test('is copied unchanged, and copied again without changing a byte', async () => {
    const [source, target] = [await openWriter(file), await openWriter()];
    await copy(source.engine, target);
    expect(liveRows(target.engine)).toEqual(liveRows(source.engine));
    const before = target.content();
    await copy(source.engine, target);
    expect(target.content()).toBe(before);
    expect(target.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  test('copied over itself is unchanged to the byte', async () => {
    const source = await openWriter(file);
    const before = source.content();
    await copy(source.engine, source);
    expect(source.content()).toBe(before);
  });
});
