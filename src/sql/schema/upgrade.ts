/** The only upgrade between revisions that the library performs: from 921e1a36b076 to c92a3e68beed. */
import type { SqlConnection } from '../engine.ts';
import { asObjects, valuesOf } from '../rows.ts';
import { volumes } from './columns.ts';
import { schemaObjects } from './sqlite.ts';

/** The original's name for the table while it is filled. */
const rebuilt = '_alembic_tmp_volumes';

/**
 * Whether `volumes` has only the columns of the revision. With columns of someone else's, or with views and
 * triggers, which a rebuild could break or lose, the database is used at the revision that it has.
 */
export async function canRebuildVolumes(connection: SqlConnection): Promise<boolean> {
  const inTheWay = `SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger') OR name = ? LIMIT 1`;
  if ((await connection.all(inTheWay, [rebuilt])).rows.length > 0) return false;
  // `table_info` would omit generated and hidden columns.
  const columns = await connection.all(`SELECT name FROM pragma_table_xinfo('volumes')`);
  return valuesOf(columns, 'name').every((name) => volumes.columns.has(String(name)));
}

/**
 * Makes `shared_targets` nullable as the original does on SQLite, by rebuilding the table.
 *
 * Must run in a transaction, with foreign keys off, or other tables would lose their references.
 */
export async function rebuildVolumes(connection: SqlConnection): Promise<void> {
  const definition = schemaObjects().find(({ name }) => name === volumes.name);
  const indexes = await connection.all(
    `SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'volumes' AND sql IS NOT NULL ORDER BY rowid`,
  );
  const columns = [...volumes.columns.keys()].join(', ');
  await connection.run(definition?.sql.replace('"volumes"', rebuilt) ?? '');
  await connection.run(`INSERT INTO ${rebuilt} (${columns}) SELECT ${columns} FROM volumes ORDER BY rowid`);
  await connection.run('DROP TABLE volumes');
  await connection.run(`ALTER TABLE ${rebuilt} RENAME TO volumes`);
  for (const { sql } of asObjects(indexes)) await connection.run(String(sql));
}
