/** Finds the tables that an SQL dump lacks: one of single tables would otherwise pass for a whole one with little in it. */
import { MISSING_TABLE, type NotCarried } from '../migrate/report.ts';

/** The tables that are read, which a database has at every revision. */
const always = [
  'volumes',
  'volume_metadata',
  'volume_admin_metadata',
  'volume_types',
  'volume_type_extra_specs',
  'quality_of_service_specs',
  'volume_attachment',
  'snapshots',
  'snapshot_metadata',
];
/** Read too, but a database has it only once cinderlib has opened it: an upgraded one of Cinder's need not. */
const keyValues = 'cinderlib_persistence_key_value';
/** Tables of which every database has at least one. */
const revisions = ['alembic_version', 'migrate_version'];

/** The tables that cinderlib uses. */
export const usedTables: ReadonlySet<string> = new Set([...always, keyValues, ...revisions]);

/** @param all the tables of the dump, by name */
export function missingTables(all: ReadonlyMap<string, unknown>): readonly NotCarried[] {
  const missing = always.filter((table) => !all.has(table));
  const isWhole = missing.length === 0 && revisions.some((table) => all.has(table));
  const ids = isWhole || all.has(keyValues) ? missing : [...missing, keyValues];
  const why = 'the dump has neither a CREATE TABLE nor rows of it';
  return ids.length === 0 ? [] : [{ kind: MISSING_TABLE, field: null, count: ids.length, ids, why }];
}
