/** Makes the tables of a new database, and the rows that it starts with. */
import type { SqlValue } from '../../rpc/contract.ts';
import { type Dialect, storableTime } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { asObjects, insertRow, valuesOf } from '../rows.ts';
import { seedRows } from './seed-rows.ts';
import { serverObjects } from './servers.ts';
import { KEY_VALUE_TABLE, type SchemaObject, schemaObjects } from './sqlite.ts';

/** Where the times and ids of new rows come from. */
export interface Origin {
  readonly now: () => string;
  readonly newId: () => string;
}

/** Everything that has to be created, in order. */
export function objectsOf(dialect: Dialect): readonly SchemaObject[] {
  return dialect === 'sqlite' ? schemaObjects() : serverObjects(dialect);
}

/** @param present the names of the tables that are there already */
export async function createSchema(
  connection: SqlConnection,
  present: ReadonlySet<string>,
  origin: Origin,
): Promise<void> {
  if (connection.dialect === 'mysql') return createOnMysql(connection, present, origin);
  for (const { name, sql } of objectsOf(connection.dialect)) if (!present.has(name)) await connection.run(sql);
  await insertSeeds(connection, origin);
}

/** The comment of the key-value table from before the first table is made until after the last row is. */
const MARK = 'cinderlib-wasm is making the tables';

/** Whether a creation is under way, or was interrupted: MySQL commits each table by itself. */
export async function isBeingCreated(connection: SqlConnection): Promise<boolean> {
  if (connection.dialect !== 'mysql') return false;
  const sql = `SELECT table_comment AS mark FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = ?`;
  return valuesOf(await connection.all(sql, [KEY_VALUE_TABLE]), 'mark')[0] === MARK;
}

/**
 * The mark comes first and goes last, and the revision is written together with the other rows: so whoever
 * finds the mark without a revision knows that no row was written, and that the missing tables can be made.
 */
async function createOnMysql(connection: SqlConnection, present: ReadonlySet<string>, origin: Origin): Promise<void> {
  const charset = await charsetOfDatabase(connection);
  await connection.run('ALTER DATABASE CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci');
  const objects = serverObjects('mysql');
  if (present.has(KEY_VALUE_TABLE)) await connection.run(`ALTER TABLE ${KEY_VALUE_TABLE} COMMENT '${MARK}'`);
  else {
    const table = objects.find(({ name }) => name === KEY_VALUE_TABLE);
    await connection.run(`${table?.sql} COMMENT '${MARK}'`);
  }
  for (const { name, sql } of objects) {
    if (present.has(name) || name === KEY_VALUE_TABLE) continue;
    await connection.run(name === 'alembic_version' ? `${sql} ${charset}` : sql);
  }
  await connection.run('START TRANSACTION');
  await insertSeeds(connection, origin);
  await connection.run('COMMIT');
  await connection.run(`ALTER TABLE ${KEY_VALUE_TABLE} COMMENT ''`);
}

/** What the server gives to new tables: the original's first one, `alembic_version`, has it. */
async function charsetOfDatabase(connection: SqlConnection): Promise<string> {
  const sql = `SELECT default_character_set_name AS charset_name, default_collation_name AS collation_name
    FROM information_schema.schemata WHERE schema_name = DATABASE()`;
  const [{ charset_name, collation_name } = {}] = asObjects(await connection.all(sql));
  return `DEFAULT CHARSET=${String(charset_name)} COLLATE=${String(collation_name)}`;
}

async function insertSeeds(connection: SqlConnection, { now, newId }: Origin): Promise<void> {
  for (const { table, row } of seedRows(now(), newId)) {
    await insertRow(connection, table, storableSeed(connection.dialect, table, row));
  }
}

/** Sub-seconds are kept in one column of MySQL alone, where Cinder looks for them. */
function storableSeed(
  dialect: Dialect,
  table: string,
  row: Readonly<Record<string, SqlValue>>,
): Readonly<Record<string, SqlValue>> {
  const keeps = (column: string): boolean => table === 'workers' && column === 'updated_at';
  const entries = Object.entries(row).map(([column, value]) => {
    const isTime = column.endsWith('_at') && typeof value === 'string' && !keeps(column);
    return [column, isTime ? storableTime(dialect, value) : value];
  });
  return Object.fromEntries(entries);
}
