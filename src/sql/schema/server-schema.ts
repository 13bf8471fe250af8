/** How the schema of a database on a server is inspected and created. */
import type { SqlConnection } from '../engine.ts';
import { asObjects, valuesOf } from '../rows.ts';
import { createOnMysql, isBeingCreated } from './create-on-mysql.ts';
import { lockSchema } from './lock.ts';
import { byTable, namesOf, type SchemaAdapter } from './schema-adapter.ts';
import { insertSeeds } from './seeds.ts';
import { type ServerDialect, serverObjects } from './servers.ts';

/** Restricts a catalogue query to this database, or in PostgreSQL to the current schema. */
const here = { mysql: 'table_schema = DATABASE()', postgresql: 'table_schema = current_schema()' };

export function serverSchema(dialect: ServerDialect): SchemaAdapter {
  const isMysql = dialect === 'mysql';
  return {
    async tableNames(connection) {
      const sql = `SELECT lower(table_name) AS name FROM information_schema.tables WHERE ${here[dialect]}`;
      return new Set(valuesOf(await connection.all(sql), 'name').map(String));
    },
    async columnsOf(connection, tables) {
      if (tables.length === 0) return new Map();
      const places = tables.map(() => '?').join(', ');
      const sql = `SELECT lower(table_name) AS "table", column_name AS name,
          CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS required, column_default AS preset
        FROM information_schema.columns WHERE ${here[dialect]} AND lower(table_name) IN (${places})`;
      return byTable(tables, asObjects(await connection.all(sql, namesOf(tables))));
    },
    objects: () => serverObjects(dialect),
    isBeingCreated: isMysql ? isBeingCreated : async () => false,
    async create(connection, present, origin) {
      if (isMysql) return createOnMysql(connection, present, origin);
      for (const { name, sql } of serverObjects(dialect)) if (!present.has(name)) await connection.run(sql);
      await insertSeeds(connection, origin);
    },
    lock: lockSchema,
    canRelaxVolumes: async () => true,
    relaxVolumes,
  };
}

async function relaxVolumes(connection: SqlConnection): Promise<void> {
  await connection.run(
    connection.dialect === 'mysql'
      ? 'ALTER TABLE volumes MODIFY shared_targets BOOLEAN NULL'
      : 'ALTER TABLE volumes ALTER COLUMN shared_targets DROP NOT NULL',
  );
}
