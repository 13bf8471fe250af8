/** A snapshot: table `snapshots`, with its metadata. `progress` holds the name of its backend. */
import { snapshotStatus } from './enums.ts';
import { listModel, objectModel } from './object-model.ts';

export const snapshotModel = /* @__PURE__ */ objectModel('Snapshot', '1.6', [
  ['id', 'uuid', { nullable: false }],
  ['user_id', 'string'],
  ['project_id', 'string'],
  ['use_quota', 'boolean', { default: true }],
  ['volume_id', 'uuid'],
  ['cgsnapshot_id', 'uuid'],
  ['group_snapshot_id', 'uuid'],
  ['status', { enum: snapshotStatus }],
  ['progress', 'string'],
  ['volume_size', 'integer'],
  ['display_name', 'string'],
  ['display_description', 'string'],
  ['encryption_key_id', 'uuid'],
  ['volume_type_id', 'uuid'],
  ['provider_location', 'string'],
  ['provider_id', 'string'],
  ['metadata', 'dictOfStrings', { nullable: false, column: false }],
  ['provider_auth', 'string'],
  ['volume', { object: 'Volume' }, { column: false }],
  ['cgsnapshot', { object: 'CGSnapshot' }, { column: false }],
  ['group_snapshot', { object: 'GroupSnapshot' }, { column: false }],
  ['created_at', 'datetime'],
  ['updated_at', 'datetime'],
  ['deleted_at', 'datetime'],
  ['deleted', 'boolean', { default: false }],
]);

export const snapshotListModel = /* @__PURE__ */ listModel('Snapshot', '1.0');
