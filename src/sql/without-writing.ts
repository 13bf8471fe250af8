/** A connection for dry runs: changes go through all their checks, and nothing is written. */
import type { SqlConnection } from './engine.ts';

export function withoutWriting(connection: SqlConnection): SqlConnection {
  return {
    dialect: connection.dialect,
    // A transaction that only reads may lock no row; see `locking` in dialect.ts.
    all: (sql, parameters) => connection.all(sql.replace(/ FOR UPDATE$/, ''), parameters),
    run: async () => 0,
  };
}
