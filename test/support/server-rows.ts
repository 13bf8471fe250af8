/** Reads the rows of a database on a server with the server's own client. */
import type { TestServer } from './servers.ts';

const written = [
  ...['volumes', 'volume_metadata', 'volume_admin_metadata', 'volume_types', 'volume_type_extra_specs'],
  ...['quality_of_service_specs', 'snapshots', 'snapshot_metadata', 'volume_attachment'],
];

/** Every row of the tables that the library writes. */
export function rowsOf(server: TestServer, database: string): readonly string[] {
  const queries = written.map((table) => `SELECT '${table}', t.* FROM ${table} t ORDER BY t.id`);
  return lines(server, `${queries.join('; ')}; SELECT * FROM cinderlib_persistence_key_value ORDER BY 1`, database);
}

/** The rows that every new database has, without random values and times. */
export function seedRows(server: TestServer, database: string): readonly string[] {
  return lines(
    server,
    `SELECT 'alembic_version', version_num FROM alembic_version;
     SELECT 'volume_types', name, qos_specs_id, is_public, description, deleted, deleted_at, created_at = updated_at
       FROM volume_types WHERE name = '__DEFAULT__';
     SELECT 'quota_classes', id, class_name, resource, hard_limit, deleted, updated_at, deleted_at FROM quota_classes;
     SELECT 'workers', id, resource_type, resource_id, status, service_id, race_preventer, deleted, deleted_at,
       EXTRACT(MICROSECOND${server.kind === 'mysql' ? '' : 'S'} FROM updated_at)
       ${server.kind === 'mysql' ? '' : '- 1000000 * floor(EXTRACT(SECOND FROM updated_at))'} FROM workers;
     SELECT 'group_types', name, description, is_public, deleted, deleted_at, created_at = updated_at FROM group_types;
     SELECT 'group_type_specs', s.id, s.key, s.value, s.deleted, s.deleted_at, t.name
       FROM group_type_specs s JOIN group_types t ON t.id = s.group_type_id`.replaceAll(
      's.key',
      server.kind === 'mysql' ? 's.`key`' : 's.key',
    ),
    database,
  );
}

/**
 * The live rows of objects, without what differs between databases: the id of the type `__DEFAULT__`, and the ids and
 * times of metadata, which are those of the write.
 */
export function objectRows(server: TestServer, database: string): readonly string[] {
  const [defaultId = ''] = lines(server, `SELECT id FROM volume_types WHERE name = '__DEFAULT__'`, database);
  const key = server.kind === 'mysql' ? '`key`' : 'key';
  const pairs = (table: string, owner: string): string =>
    `SELECT '${table}', ${owner}, ${key}, value FROM ${table} WHERE deleted = false`;
  const queries = [
    ...['volumes', 'snapshots', 'volume_attachment'].map(
      (table) => `SELECT '${table}', t.* FROM ${table} t WHERE deleted = false`,
    ),
    pairs('volume_metadata', 'volume_id'),
    pairs('volume_admin_metadata', 'volume_id'),
    pairs('snapshot_metadata', 'snapshot_id'),
    `${pairs('volume_type_extra_specs', 'volume_type_id')} AND volume_type_id IN (SELECT volume_type_id FROM volumes)`,
    `SELECT 'key_value', ${key}, value FROM cinderlib_persistence_key_value`,
  ];
  return lines(server, queries.join('; '), database)
    .map((line) => line.replaceAll(defaultId, 'DEFAULT'))
    .sort();
}

function lines(server: TestServer, sql: string, database: string): readonly string[] {
  return server.sql(sql, database).split('\n');
}
