/** The columns of each table that the library reads or writes. Other columns are left alone. */
import type { Field } from '../../cinder/field.ts';
import type { ObjectModel } from '../../cinder/object-model.ts';
import { snapshotModel } from '../../cinder/snapshot.ts';
import { volumeModel } from '../../cinder/volume.ts';
import { volumeAttachmentModel } from '../../cinder/volume-attachment.ts';
import { volumeTypeModel } from '../../cinder/volume-type.ts';
import { KEY_VALUE_TABLE } from './sqlite.ts';

export type ColumnKind = 'text' | 'integer' | 'boolean' | 'time';

export interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<string, ColumnKind>;
  /** The columns as a SELECT lists them: built once, since every read needs it. */
  readonly selected: string;
  /** What each kind of server sorts by, in place of SQLite's row ids. */
  readonly order: ServerOrder;
  /** False for tables whose rows the library only marks or removes. */
  readonly inserted: boolean;
}

type ServerOrder = Readonly<Record<'mysql' | 'postgresql', string>>;

/** An order that is the same on every server. */
export const orderBy = (column: string): ServerOrder => ({ mysql: column, postgresql: column });

/** The columns of a SELECT. `key` is an SQL keyword, hence the quotes. */
export function columnList(columns: Iterable<string>): string {
  return Array.from(columns, (column) => `"${column}"`).join(', ');
}

function table(name: string, columns: ReadonlyMap<string, ColumnKind>, order = orderBy('id'), inserted = true): Table {
  return { name, columns, selected: columnList(columns.keys()), order, inserted };
}

/** The table of a class of objects, its columns in the order of the fields. */
function objectTable(name: string, model: ObjectModel): Table {
  const fields = model.fields.filter((field) => field.column);
  return table(name, new Map(fields.map((field) => [field.name, columnKind(field)])));
}

function columnKind({ kind }: Field): ColumnKind {
  if (kind === 'datetime') return 'time';
  return kind === 'integer' || kind === 'boolean' ? kind : 'text';
}

/** A table of keys and values that belong to a row of another table, named in the column `owner`. */
export interface PairTable extends Table {
  readonly owner: string;
}

const base = ['created_at', 'updated_at', 'deleted_at', 'deleted'];
const texts = (names: readonly string[]): ReadonlyMap<string, ColumnKind> =>
  new Map(names.map((name) => [name, 'text']));

function pairTable(name: string, owner: string, order?: ServerOrder): PairTable {
  return { ...table(name, texts(['id', owner, 'key', 'value', ...base]), order), owner };
}

function markedTable(name: string, columns: readonly string[], deleted: ColumnKind = 'boolean'): Table {
  return table(name, new Map([...texts([...columns, 'deleted_at']), ['deleted', deleted]]), orderBy('id'), false);
}

export const volumes = /* @__PURE__ */ objectTable('volumes', volumeModel);
export const volumeTypes = /* @__PURE__ */ objectTable('volume_types', volumeTypeModel);
export const snapshots = /* @__PURE__ */ objectTable('snapshots', snapshotModel);
export const volumeAttachment = /* @__PURE__ */ objectTable('volume_attachment', volumeAttachmentModel);

export const volumeMetadata = /* @__PURE__ */ pairTable('volume_metadata', 'volume_id');
export const volumeAdminMetadata = /* @__PURE__ */ pairTable('volume_admin_metadata', 'volume_id');
export const snapshotMetadata = /* @__PURE__ */ pairTable('snapshot_metadata', 'snapshot_id');
export const extraSpecs = /* @__PURE__ */ pairTable('volume_type_extra_specs', 'volume_type_id');
/** The specs themselves, as rows without an owner, and their keys and values. Ids are random; MySQL sorts by them. */
export const qosSpecs = /* @__PURE__ */ pairTable('quality_of_service_specs', 'specs_id', {
  mysql: 'id',
  postgresql: 'created_at, id',
});

export const keyValues = /* @__PURE__ */ table(
  KEY_VALUE_TABLE,
  /* @__PURE__ */ texts(['key', 'value']),
  /* @__PURE__ */ orderBy('"key"'),
);

/** Every table that the library touches in a database of Cinder. */
export function cinderTables(): readonly Table[] {
  return [
    volumes,
    volumeTypes,
    snapshots,
    volumeAttachment,
    volumeMetadata,
    volumeAdminMetadata,
    snapshotMetadata,
    extraSpecs,
    qosSpecs,
    markedTable('volume_glance_metadata', ['volume_id', 'snapshot_id']),
    markedTable('attachment_specs', ['attachment_id']),
    markedTable('transfers', ['volume_id']),
    markedTable('volume_type_projects', ['volume_type_id'], 'integer'),
    markedTable('encryption', ['volume_type_id']),
  ];
}
