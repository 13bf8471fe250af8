/** Creates the tables of a new database on MySQL, which commits each of them by itself. */
import type { SqlConnection } from '../engine.ts';
import { asObjects, valuesOf } from '../rows.ts';
import { insertSeeds, type Origin } from './seeds.ts';
import { serverObjects } from './servers.ts';
import { KEY_VALUE_TABLE } from './sqlite.ts';

/** The comment on the key-value table from before the first table is created until after the last row is written. */
const mark = 'cinderlib-wasm is making the tables';

/** Whether a creation is under way, or was interrupted: MySQL commits each table by itself. */
export async function isBeingCreated(connection: SqlConnection): Promise<boolean> {
  const sql = `SELECT table_comment AS mark FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = ?`;
  return valuesOf(await connection.all(sql, [KEY_VALUE_TABLE]), 'mark')[0] === mark;
}

/**
 * The mark is set first and removed last, and the revision is committed together with the other rows: so a mark
 * without a revision means that no row was written, and that the missing tables can be created.
 */
export async function createOnMysql(
  connection: SqlConnection,
  present: ReadonlySet<string>,
  origin: Origin,
): Promise<void> {
  const charset = await charsetOfDatabase(connection);
  await connection.run('ALTER DATABASE CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci');
  const objects = serverObjects('mysql');
  if (present.has(KEY_VALUE_TABLE)) await connection.run(`ALTER TABLE ${KEY_VALUE_TABLE} COMMENT '${mark}'`);
  else {
    const table = objects.find(({ name }) => name === KEY_VALUE_TABLE);
    await connection.run(`${table?.sql} COMMENT '${mark}'`);
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

/** The database's defaults for new tables, which the original's first one, `alembic_version`, has. */
async function charsetOfDatabase(connection: SqlConnection): Promise<string> {
  const sql = `SELECT default_character_set_name AS charset_name, default_collation_name AS collation_name
    FROM information_schema.schemata WHERE schema_name = DATABASE()`;
  const [{ charset_name, collation_name } = {}] = asObjects(await connection.all(sql));
  return `DEFAULT CHARSET=${String(charset_name)} COLLATE=${String(collation_name)}`;
}
