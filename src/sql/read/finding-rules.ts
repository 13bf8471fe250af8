/** What should not be in Cinder's tables: each kind with its name and the query that finds it. */
import { DEFAULT_TYPE } from '../../cinder/volume-type.ts';
import type { Finding, SqlValue } from '../../rpc/contract.ts';
import { isJson } from '../../serialization/is-json.ts';
import { live, scanned, withoutLive } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { asObjects, valuesOf } from '../rows.ts';
import {
  extraSpecs,
  type PairTable,
  qosSpecs,
  snapshotMetadata,
  volumeAdminMetadata,
  volumeMetadata,
} from '../schema/columns.ts';
import { listPairs } from './pairs.ts';

export interface FindingRule extends Pick<Finding, 'name' | 'table' | 'severity' | 'repairable'> {
  /** The ids of all rows concerned. */
  find(connection: SqlConnection): Promise<readonly SqlValue[]>;
}

const usedTypes = (table: string): string =>
  `SELECT volume_type_id FROM ${table} WHERE ${live.sql} AND volume_type_id IS NOT NULL`;
const withoutVolume = `id NOT IN (${usedTypes('volumes')})`;
const ofSnapshots = `id IN (${usedTypes('snapshots')})`;
const unused = `${withoutVolume} AND NOT (${ofSnapshots})`;
/** A type that cinderlib made belongs to one volume, and has the volume's id as id and name. */
const own = 'id = name';

// Repairing a row orphans what belongs to it: such rows are found together with it, not by the next examination.
/** Types that stay. */
const staying = `${live.sql} AND (name IS NULL OR id <> name OR NOT (${unused}))`;
const stayingTypes = `SELECT id FROM volume_types WHERE ${staying}`;
/** A root row of QoS specs has no owner; it stays if a type refers to it or has its id. */
const isLinked = `id IN (SELECT qos_specs_id FROM volume_types WHERE ${staying} AND qos_specs_id IS NOT NULL)`;
const rootStays = `(id IN (${stayingTypes}) OR ${isLinked})`;
const stayingSpecs = `SELECT id FROM quality_of_service_specs WHERE ${live.sql} AND (specs_id IS NOT NULL OR ${rootStays})`;

function rule(
  name: string,
  table: string,
  severity: Finding['severity'],
  where: string,
  { repairable = false } = {},
): FindingRule {
  return {
    ...{ name, table, severity, repairable },
    async find(connection) {
      return valuesOf(await connection.all(`SELECT id FROM ${table} WHERE ${live.sql} AND ${where} ORDER BY id`), 'id');
    },
  };
}

/** Keys and values whose owner is gone. */
function orphans(table: PairTable, where: string): FindingRule {
  return rule('orphan_metadata', table.name, 'warning', where, { repairable: true });
}

/** All but the last of the rows that one owner has under one key: the last one counts. */
function duplicates(table: PairTable): FindingRule {
  return {
    ...{ name: 'duplicate_metadata', table: table.name, severity: 'warning', repairable: true },
    async find(connection) {
      const { owner, name } = table;
      const repeated = `SELECT ${owner} FROM ${name} WHERE ${live.sql} GROUP BY ${owner}, "key" HAVING count(*) > 1`;
      const where = { sql: `${owner} IN (${repeated})`, parameters: [] };
      const last = new Map<string, SqlValue>();
      const earlier: SqlValue[] = [];
      for (const row of asObjects(await listPairs(connection, table, where, ['id', owner, 'key']))) {
        const key = JSON.stringify([row[owner], row['key']]);
        const before = last.get(key);
        if (before !== undefined) earlier.push(before);
        last.set(key, row['id'] ?? null);
      }
      return earlier;
    },
  };
}

/** Connections with invalid JSON: a volume that has one cannot be read. */
const brokenConnections: FindingRule = {
  ...{ name: 'invalid_json', table: 'volume_attachment', severity: 'error', repairable: false },
  async find(connection) {
    const broken: SqlValue[] = [];
    const limit = 1000;
    for (let after: string | null = null; ; ) {
      const { sql, parameters } = scanned({ after, limit });
      const columns = 'id, connection_info, connector';
      const rows = await connection.all(`SELECT ${columns} FROM volume_attachment WHERE ${sql}`, parameters);
      for (const [id = null, ...texts] of rows.rows) if (!texts.every(isReadable)) broken.push(id);
      if (rows.rows.length < limit) return broken;
      after = String(rows.rows.at(-1)?.[0]);
    }
  },
};

function isReadable(text: SqlValue): boolean {
  return text === null || text === '' || isJson(String(text));
}

export const findingRules: readonly FindingRule[] = [
  rule('snapshot_without_volume', 'snapshots', 'error', withoutLive('volume_id', 'volumes')),
  rule('connection_without_volume', 'volume_attachment', 'error', withoutLive('volume_id', 'volumes'), {
    repairable: true,
  }),
  brokenConnections,
  rule('stuck', 'volumes', 'error', `status IN ('creating', 'deleting', 'extending')`),
  rule('stuck', 'snapshots', 'error', `status IN ('creating', 'deleting')`),
  rule(
    'volume_without_type',
    'volumes',
    'warning',
    `volume_type_id IS NOT NULL AND ${withoutLive('volume_type_id', 'volume_types')}`,
  ),
  rule('orphan_type', 'volume_types', 'warning', `${own} AND ${unused}`, { repairable: true }),
  rule('unused_type', 'volume_types', 'note', `name <> '${DEFAULT_TYPE}' AND NOT (${own}) AND ${unused}`),
  rule(
    'type_of_snapshots',
    'volume_types',
    'note',
    `name <> '${DEFAULT_TYPE}' AND ${withoutVolume} AND ${ofSnapshots}`,
  ),
  rule(
    'duplicate_type_name',
    'volume_types',
    'warning',
    `name IN (SELECT name FROM volume_types WHERE ${live.sql} GROUP BY name HAVING count(*) > 1)`,
  ),
  orphans(volumeMetadata, withoutLive('volume_id', 'volumes')),
  orphans(volumeAdminMetadata, withoutLive('volume_id', 'volumes')),
  orphans(snapshotMetadata, withoutLive('snapshot_id', 'snapshots')),
  orphans(extraSpecs, `(volume_type_id IS NULL OR volume_type_id NOT IN (${stayingTypes}))`),
  orphans(
    qosSpecs,
    `(specs_id IS NULL AND NOT ${rootStays} OR specs_id IS NOT NULL AND specs_id NOT IN (${stayingSpecs}))`,
  ),
  // As the original leaves them: it gives the specs the type's id, and the type no reference.
  rule(
    'unlinked_qos_specs',
    'quality_of_service_specs',
    'note',
    `specs_id IS NULL AND id IN (${stayingTypes}) AND NOT (${isLinked})`,
  ),
  ...[volumeMetadata, volumeAdminMetadata, snapshotMetadata, extraSpecs, qosSpecs].map(duplicates),
];
