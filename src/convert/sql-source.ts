/** The text of a `pg_dump` or `mysqldump` of Cinder's tables as the source of a migration. */
import { narrow } from '../cinder/python-int.ts';
import { snapshotModel } from '../cinder/snapshot.ts';
import { volumeModel } from '../cinder/volume.ts';
import { DEFAULT_TYPE, volumeTypeModel } from '../cinder/volume-type.ts';
import { InvalidDump } from '../errors/index.ts';
import { ListSource } from '../migrate/list-source.ts';
import { LeftOut, type NotCarried, reasons, rowsLeftOut } from '../migrate/report.ts';
import { KeyValue } from '../persistence/key-value.ts';
import { snapshotsOf, volumesOf } from '../persistence/objects-from-rows.ts';
import type { RowSet, SqlValue, VolumeRows } from '../rpc/contract.ts';
import { missingTables, usedTables } from './missing-tables.ts';
import { sqlTables } from './sql-tables.ts';

/** @throws {InvalidDump} if the text is not such a dump, is incomplete, or does not contain Cinder's tables */
export function sqlSource(text: string): ListSource {
  const all = sqlTables(text);
  if (!all.has('volumes')) {
    const names = [...all.keys()].slice(0, 5).join(', ') || 'none';
    throw new InvalidDump(
      `The SQL text has no table volumes, which every database of cinderlib has. Its tables: ${names}.`,
    );
  }
  // The revision is a row, and so is the type __DEFAULT__.
  if ([...all.values()].every(({ rows }) => rows.length === 0)) {
    throw new InvalidDump(
      'The SQL text has tables but no rows: it is a dump of the schema alone. Make it again with data.',
    );
  }
  const left: NotCarried[] = [];
  const live = (table: string): RowSet => {
    const { columns, rows } = withKinds(all.get(table) ?? { columns: [], rows: [] });
    const place = columns.indexOf('deleted');
    const kept = place < 0 ? rows : rows.filter((row) => row[place] === false);
    const count = rows.length - kept.length;
    if (count > 0) left.push(rowsLeftOut(table, count, reasons.deleted));
    return { columns, rows: kept };
  };
  const volumeRows: VolumeRows = {
    volumes: newestFirst(live('volumes')),
    volume_metadata: live('volume_metadata'),
    volume_admin_metadata: live('volume_admin_metadata'),
    volume_types: live('volume_types'),
    volume_type_extra_specs: live('volume_type_extra_specs'),
    quality_of_service_specs: live('quality_of_service_specs'),
    volume_attachment: live('volume_attachment'),
  };
  const snapshots = snapshotsOf({
    snapshots: newestFirst(live('snapshots')),
    snapshot_metadata: live('snapshot_metadata'),
  });
  const volumes = volumesOf(volumeRows);
  const connections = volumes.flatMap((volume) => volume.children('volume_attachment'));
  return new ListSource({
    volumes,
    connections,
    snapshots,
    keyValues: keyValuesOf(live('cinderlib_persistence_key_value')),
    leftOut: [...missingTables(all), ...left, ...foreign(all), ...unused(volumeRows)],
  });
}

/** Connections whose volume is missing, and types that no volume has. */
function unused({ volumes, volume_attachment, volume_types }: VolumeRows): readonly NotCarried[] {
  const column = ({ columns, rows }: RowSet, name: string): string[] => {
    const place = columns.indexOf(name);
    return rows.map((row) => String(row[place] ?? ''));
  };
  const left = new LeftOut();
  const ids = new Set(column(volumes, 'id'));
  const of = column(volume_attachment, 'volume_id');
  for (const [place, id] of column(volume_attachment, 'id').entries()) {
    if (!ids.has(of[place] ?? '')) left.add('connection', id, reasons.noVolume);
  }
  const types = new Set(column(volumes, 'volume_type_id'));
  const names = column(volume_types, 'name');
  for (const [place, id] of column(volume_types, 'id').entries()) {
    if (!types.has(id) && names[place] !== DEFAULT_TYPE) left.add('volume type', id, reasons.unusedType);
  }
  return left.entries;
}

const booleans = new Set(
  [volumeModel, volumeTypeModel, snapshotModel].flatMap(({ fields }) =>
    fields.flatMap(({ name, kind }) => (kind === 'boolean' ? [name] : [])),
  ),
);
const integers = new Set(['size', 'volume_size']);

/** Normalises values, which dumps write differently: `true`, `t` and `1` all mean true. */
function withKinds({ columns, rows }: RowSet): RowSet {
  const converters = columns.map((column) => {
    if (booleans.has(column)) return booleanOf;
    return integers.has(column) ? integerOf : (value: SqlValue) => value;
  });
  return { columns, rows: rows.map((row) => row.map((value, place) => converters[place]?.(value) ?? null)) };
}

function booleanOf(value: SqlValue): SqlValue {
  if (typeof value === 'string') return /^(?:t|true|1|y|yes|on)$/i.test(value);
  return value === null ? null : Boolean(value);
}

function integerOf(value: SqlValue): SqlValue {
  if (typeof value !== 'string') return value;
  if (/^-?\d+$/.test(value)) return narrow(BigInt(value));
  throw new InvalidDump(`${JSON.stringify(value)} is not a valid size: an integer was expected.`);
}

/** Sorts rows like Cinder's listings; dumps are in primary-key order, or in none. */
function newestFirst({ columns, rows }: RowSet): RowSet {
  const [created, id] = [columns.indexOf('created_at'), columns.indexOf('id')];
  const key = (row: RowSet['rows'][number]): readonly [string, string] => [
    String(row[created] ?? ''),
    String(row[id] ?? ''),
  ];
  const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? 1 : -1);
  const sorted = [...rows].sort((one, other) => {
    const [[time, name], [otherTime, otherName]] = [key(one), key(other)];
    return compare(time, otherTime) || compare(name, otherName);
  });
  return { columns, rows: sorted };
}

function keyValuesOf({ columns, rows }: RowSet): KeyValue[] {
  const [key, value] = [columns.indexOf('key'), columns.indexOf('value')];
  return rows.map((row) => {
    const text = row[value] ?? null;
    return new KeyValue(String(row[key]), text === null ? null : String(text));
  });
}

/** Tables that cinderlib does not use. The rows that a new database has in them are not reported. */
function foreign(all: ReadonlyMap<string, RowSet>): NotCarried[] {
  return [...all].flatMap(([table, { rows }]) => {
    const count = rows.length - (usedTables.has(table) ? rows.length : (seeds[table] ?? 0));
    return count > 0 ? [rowsLeftOut(table, count, reasons.foreign)] : [];
  });
}

const seeds: Readonly<Record<string, number>> = { quota_classes: 6, workers: 1, group_types: 1, group_type_specs: 1 };
