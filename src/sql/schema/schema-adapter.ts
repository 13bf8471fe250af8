/** How the schema of a database is inspected and created: SQLite's way is here, the servers' in `server-schema.ts`. */
import type { SqlConnection } from '../engine.ts';
import { asObjects, type Row, valuesOf } from '../rows.ts';
import type { Table } from './columns.ts';
import { insertSeeds, type Origin } from './seeds.ts';
import { type SchemaObject, schemaObjects } from './sqlite.ts';
import { canRebuildVolumes, rebuildVolumes } from './upgrade.ts';

export interface SchemaAdapter {
  /** The names of tables and views, in lower case as SQL compares them. */
  tableNames(connection: SqlConnection): Promise<ReadonlySet<string>>;
  /** The columns of each table: `name`, `required` (1 for NOT NULL, else 0), and `preset`, its default. */
  columnsOf(connection: SqlConnection, tables: readonly Table[]): Promise<ReadonlyMap<string, readonly Row[]>>;
  /** Everything that has to be created, in order. */
  objects(): readonly SchemaObject[];
  /** Whether this library is creating the tables, or was interrupted while it did. */
  isBeingCreated(connection: SqlConnection): Promise<boolean>;
  /** @param present the names of the tables that exist already */
  create(connection: SqlConnection, present: ReadonlySet<string>, origin: Origin): Promise<void>;
  /** Whether `shared_targets` of `volumes` can be made nullable. */
  canRelaxVolumes(connection: SqlConnection): Promise<boolean>;
  relaxVolumes(connection: SqlConnection): Promise<void>;
  /** Runs a task within a transaction, while no other process runs one. */
  lock<T>(connection: SqlConnection, task: () => Promise<T>): Promise<T>;
}

export const sqliteSchema: SchemaAdapter = {
  async tableNames(connection) {
    const names = await connection.all(`SELECT lower(name) AS name FROM sqlite_master WHERE type IN ('table', 'view')`);
    return new Set(valuesOf(names, 'name').map(String));
  },
  async columnsOf(connection, tables) {
    const places = tables.map(() => '?').join(', ');
    const sql = `SELECT lower(m.name) AS "table", c.name AS name, c."notnull" AS required, c.dflt_value AS preset
    FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND lower(m.name) IN (${places})`;
    return byTable(tables, asObjects(await connection.all(sql, namesOf(tables))));
  },
  objects: schemaObjects,
  isBeingCreated: async () => false,
  async create(connection, present, origin) {
    for (const { name, sql } of schemaObjects()) if (!present.has(name)) await connection.run(sql);
    await insertSeeds(connection, origin);
  },
  canRelaxVolumes: canRebuildVolumes,
  relaxVolumes: rebuildVolumes,
  // Nobody else has the file.
  lock: (_connection, task) => task(),
};

export function namesOf(tables: readonly Table[]): readonly string[] {
  return tables.map(({ name }) => name);
}

export function byTable(tables: readonly Table[], rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  return new Map(tables.map(({ name }) => [name, rows.filter((row) => row['table'] === name)]));
}
