/** The rows that a new database of Cinder starts with. */
import { DEFAULT_TYPE } from '../../cinder/volume-type.ts';
import type { SqlValue } from '../../rpc/contract.ts';
import { SCHEMA_REVISION } from './sqlite.ts';

export interface SeedRow {
  readonly table: string;
  readonly row: Readonly<Record<string, SqlValue>>;
}

const quotas: readonly (readonly [resource: string, hard_limit: number])[] = [
  ['volumes', 10],
  ['snapshots', 10],
  ['gigabytes', 1000],
  ['consistencygroups', 10],
  ['per_volume_gigabytes', -1],
  ['groups', 10],
];

/** In the order in which Cinder's own migration writes them. */
export function seedRows(now: string, newId: () => string): readonly SeedRow[] {
  const times = { created_at: now, updated_at: now, deleted: false };
  // Cinder reads this row to see whether the server keeps fractions of seconds.
  const sentinel = `${now.slice(0, 19)}.000123`;
  const groupType = newId();
  return [
    ...quotas.map(([resource, hard_limit]) => ({
      table: 'quota_classes',
      row: { created_at: now, deleted: false, class_name: 'default', resource, hard_limit },
    })),
    {
      table: 'workers',
      row: {
        ...{ created_at: sentinel, updated_at: sentinel, deleted: false },
        ...{ resource_type: 'SENTINEL', resource_id: 'SUB-SECOND', status: 'OK' },
      },
    },
    {
      table: 'volume_types',
      row: {
        ...times,
        id: newId(),
        name: DEFAULT_TYPE,
        is_public: true,
        description: 'Default Volume Type',
      },
    },
    {
      table: 'group_types',
      row: {
        ...times,
        id: groupType,
        name: 'default_cgsnapshot_type',
        description: 'Default group type for migrating cgsnapshot',
        is_public: true,
      },
    },
    {
      table: 'group_type_specs',
      row: {
        ...times,
        key: 'consistent_group_snapshot_enabled',
        value: '<is> True',
        group_type_id: groupType,
      },
    },
    { table: 'alembic_version', row: { version_num: SCHEMA_REVISION } },
  ];
}
