/** A connection for dry runs: changes go through all their checks, and nothing is written. */
import type { SqlConnection } from '../engine.ts';

export function withoutWriting(connection: SqlConnection): SqlConnection {
  return {
    dialect: connection.dialect,
    mayLock: false,
    all: (sql, parameters) => connection.all(sql, parameters),
    run: async () => 0,
  };
}
