/** Converts rows of Cinder's tables, as read by the core, to versioned objects. */
import { aboutItem } from '../about-item.ts';
import { dict } from '../cinder/dict.ts';
import { coerce, type Field } from '../cinder/field.ts';
import type { ObjectModel } from '../cinder/object-model.ts';
import { qosSpecsModel } from '../cinder/qos-specs.ts';
import { snapshotModel } from '../cinder/snapshot.ts';
import { fromSqlTime } from '../cinder/time.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeModel } from '../cinder/volume.ts';
import { volumeAttachmentListModel, volumeAttachmentModel } from '../cinder/volume-attachment.ts';
import { volumeTypeModel } from '../cinder/volume-type.ts';
import type { ConnectionRows, DefaultTypeRows, RowSet, SnapshotRows, SqlValue, VolumeRows } from '../rpc/contract.ts';
import { parseJson } from '../serialization/json-parser.ts';

type Row = RowSet['rows'][number];

/** The volumes in these rows, in row order. */
export function volumesOf(rows: VolumeRows): VersionedObject[] {
  const read = volumeReader(rows);
  return rows.volumes.rows.map(read);
}

export function snapshotsOf(rows: SnapshotRows): VersionedObject[] {
  const metadata = pairsBy(rows.snapshot_metadata, 'snapshot_id');
  const read = objectReader(snapshotModel, rows.snapshots.columns);
  const readWhole = naming(snapshotModel, rows.snapshots.columns, (row) => {
    const snapshot = read(row);
    snapshot.restore('volume_size', snapshot.get('volume_size') ?? 0);
    snapshot.restore('metadata', dict(metadata(snapshot.get('id'))));
    return snapshot;
  });
  return rows.snapshots.rows.map(readWhole);
}

/** Connections with their volumes inside. Each has its own copy of the volume, since each is dumped on its own. */
export function connectionsOf(rows: ConnectionRows): VersionedObject[] {
  const read = objectReader(volumeAttachmentModel, rows.volume_attachment.columns);
  const readVolume = volumeReader(rows.volumes);
  const volumes = rowsBy(rows.volumes.volumes, 'id');
  return rows.volume_attachment.rows.map((row) => {
    const attachment = read(row);
    const [volume] = volumes(attachment.get('volume_id'));
    if (volume !== undefined) attachment.restore('volume', readVolume(volume));
    return attachment;
  });
}

/** The type `__DEFAULT__` as the original attaches it to a saved volume; it differs slightly from how it is read. */
export function defaultTypeOf(rows: DefaultTypeRows): VersionedObject {
  const [row = []] = rows.volume_types.rows;
  const type = objectReader(volumeTypeModel, rows.volume_types.columns)(row);
  type.restore('projects', []);
  type.restore('extra_specs', dict(pairsBy(rows.volume_type_extra_specs, 'volume_type_id')(type.get('id'))));
  return type;
}

/**
 * Makes a volume from its row, with its own metadata, type and attachments. Fields that the original leaves unset in
 * volumes from a database (`glance_metadata`, `group`…) stay unset.
 */
function volumeReader(rows: VolumeRows): (row: Row) => VersionedObject {
  const read = objectReader(volumeModel, rows.volumes.columns);
  const metadata = pairsBy(rows.volume_metadata, 'volume_id');
  const adminMetadata = pairsBy(rows.volume_admin_metadata, 'volume_id');
  const attachments = rowsBy(rows.volume_attachment, 'volume_id');
  const readAttachment = objectReader(volumeAttachmentModel, rows.volume_attachment.columns);
  const readType = typeReader(rows);
  const sizeAt = rows.volumes.columns.indexOf('size');
  return naming(volumeModel, rows.volumes.columns, (row) => {
    // The original reads an empty text as it reads NULL, though only in volumes.
    const volume = read(row[sizeAt] === '' ? row.with(sizeAt, null) : row);
    const id = volume.get('id');
    volume.restore('size', volume.get('size') ?? 0);
    volume.restore('metadata', dict(metadata(id)));
    volume.restore('admin_metadata', dict(adminMetadata(id)));
    const type = volume.get('volume_type_id');
    // The original reads the type only if there is an id: else the field stays unset and is missing in dumps.
    if (type) volume.restore('volume_type', readType(type));
    const list = new VersionedObject(volumeAttachmentListModel);
    list.restore('objects', attachments(id).map(readAttachment));
    volume.restore('volume_attachment', list);
    return volume;
  });
}

function typeReader(rows: VolumeRows): (id: unknown) => VersionedObject | null {
  const read = objectReader(volumeTypeModel, rows.volume_types.columns);
  const types = rowsBy(rows.volume_types, 'id');
  const extraSpecs = pairsBy(rows.volume_type_extra_specs, 'volume_type_id');
  const readQosSpecs = qosSpecsReader(rows.quality_of_service_specs);
  return (id) => {
    const [row] = types(id);
    if (row === undefined) return null;
    const type = read(row);
    type.restore('extra_specs', dict(extraSpecs(id)));
    type.restore('qos_specs', readQosSpecs(type.get('qos_specs_id')));
    return type;
  };
}

/** QoS specs consist of a root row, whose value is their name, and a row for each key: `consumer` and the specs. */
function qosSpecsReader(rows: RowSet): (id: unknown) => VersionedObject | null {
  const read = objectReader(qosSpecsModel, rows.columns);
  const roots = rowsBy(rows, 'id');
  const pairs = pairsBy(rows, 'specs_id');
  const children = rowsBy(rows, 'specs_id');
  const [nameAt, updatedAt] = [rows.columns.indexOf('value'), rows.columns.indexOf('updated_at')];
  return (id) => {
    const [root] = roots(id);
    if (root === undefined) return null;
    const qosSpecs = read(root);
    const specs = pairs(id);
    qosSpecs.restore('name', root[nameAt]);
    // Without any key, not even `consumer`, the original reads the specs as null.
    const isBare = specs.length === 0;
    // Of several rows with the same key the last wins, as in the dict that the original builds.
    qosSpecs.restore('consumer', specs.findLast(([key]) => key === 'consumer')?.[1]);
    qosSpecs.restore('specs', isBare ? null : dict(specs.filter(([key]) => key !== 'consumer')));
    const updates = children(id).flatMap((row) => (typeof row[updatedAt] === 'string' ? [row[updatedAt]] : []));
    const latest = updates.sort().at(-1);
    qosSpecs.restore('updated_at', latest === undefined ? null : fromSqlTime(latest));
    // The original reads these two as null, whatever is in the rows.
    qosSpecs.restore('deleted', null);
    qosSpecs.restore('deleted_at', null);
    return qosSpecs;
  };
}

/** Makes an object from a row: columns that are fields are converted according to the field's kind. */
function objectReader(model: ObjectModel, columns: readonly string[]): (row: Row) => VersionedObject {
  // Created for the first row: a volume has several kinds of children, most of which usually have no rows.
  let readers: readonly ColumnReader[] | undefined;
  return naming(model, columns, (row) => {
    readers ??= columnReaders(model, columns);
    const object = new VersionedObject(model);
    for (const { place, target, read } of readers) {
      const value = row[place] ?? null;
      object.restoreAt(target, value === null ? null : read(value));
    }
    return object;
  });
}

/** Names the row in errors: among thousands, it matters which one cannot be read. */
function naming<T>(model: ObjectModel, columns: readonly string[], read: (row: Row) => T): (row: Row) => T {
  return (row) => {
    try {
      return read(row);
    } catch (error) {
      throw aboutItem(error, `${model.name} ${String(row[columns.indexOf('id')])}`);
    }
  };
}

interface ColumnReader {
  readonly place: number;
  readonly target: number;
  readonly read: (value: Exclude<SqlValue, null>) => unknown;
}

function columnReaders(model: ObjectModel, columns: readonly string[]): readonly ColumnReader[] {
  const readers: ColumnReader[] = [];
  for (const [place, name] of columns.entries()) {
    const target = model.index.get(name);
    const field = target === undefined ? undefined : model.fields[target];
    if (target !== undefined && field !== undefined) readers.push({ place, target, read: valueReader(field) });
  }
  return readers;
}

function valueReader(field: Field): (value: Exclude<SqlValue, null>) => unknown {
  switch (field.kind) {
    case 'boolean':
      return Boolean;
    case 'datetime':
      return (value) => fromSqlTime(String(value));
    case 'integer':
      // An integer column in SQLite may hold anything, so the value is coerced like an assigned one.
      return (value) => (Number.isSafeInteger(value) ? value : coerce(field, value));
    case 'dictOfAnything':
      return (value) => (value === '' ? null : parseJson(String(value)));
    default:
      return String;
  }
}

/** Indexes rows by a column: finds the rows with a given value, in row order. */
function rowsBy({ columns, rows }: RowSet, column: string): (value: unknown) => readonly Row[] {
  const place = columns.indexOf(column);
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[place]);
    if (group === undefined) groups.set(row[place], [row]);
    else group.push(row);
  }
  return (value) => groups.get(value) ?? [];
}

/** Indexes a key-value table by its owner column: finds the entries of an object. */
function pairsBy(rows: RowSet, owner: string): (value: unknown) => [string, string | null][] {
  const find = rowsBy(rows, owner);
  const [keyAt, valueAt] = [rows.columns.indexOf('key'), rows.columns.indexOf('value')];
  return (value) =>
    find(value).map((row) => {
      const text = row[valueAt] ?? null;
      return [String(row[keyAt]), text === null ? null : String(text)];
    });
}
