/** Refuses a migration whose source and target are one storage, also if they name it in different ways. */
import { InvalidOption } from '../errors/index.ts';
import type { PersistenceConfig } from '../persistence/config.ts';
import { PersistenceDriver } from '../persistence/driver.ts';
import { builtin, defaultMedium } from '../runtime.ts';
import { isSqliteUrl, parseDatabaseUrl, sqlitePath } from '../urls/database-url.ts';

/** @throws {InvalidOption} if both configurations name the same storage */
export function refuseSame(from: PersistenceConfig, to: PersistenceConfig): void {
  const isInstance = from.storage instanceof PersistenceDriver && from.storage === to.storage;
  const database = databaseOf(from);
  if (!isInstance && (database === null || database !== databaseOf(to))) return;
  throw new InvalidOption('migrate(): source and target are the same storage. Name two different ones.');
}

/** A text that identifies a database, however it is named; null for one that no other configuration can refer to. */
function databaseOf(config: PersistenceConfig): string | null {
  if (config.storage !== 'db' || typeof config.connection !== 'string') return null;
  const { connection, medium = defaultMedium() } = config;
  try {
    if (!isSqliteUrl(connection)) return onServer(connection);
    const path = sqlitePath(connection);
    if (path === null) return null;
    return `${medium} ${medium === 'filesystem' ? fileOf(path) : path}`;
  } catch {
    // Opening it will report the error.
    return connection;
  }
}

/** Identifies a database on a server, whichever driver is named, as far as the URL tells. */
function onServer(connection: string): string {
  const { scheme, username, host, port, database, query } = parseDatabaseUrl(connection);
  const isPostgres = scheme === 'postgresql';
  const option = (...names: readonly string[]): string | undefined =>
    names.map((name) => query.get(name)?.[0]).find((value) => value !== undefined);
  const place = (option('unix_socket', 'hostaddr', 'host') ?? host ?? 'localhost').toLowerCase();
  return JSON.stringify([
    isPostgres,
    loopback.test(place) ? 'localhost' : place,
    Number(option('port') ?? port ?? (isPostgres ? 5432 : 3306)),
    option('dbname', 'database', 'db') ?? database,
    // PostgreSQL first searches the schema named like the user, which is also the default name of the database.
    isPostgres ? (option('user') ?? username) : null,
    // These may select another database or schema.
    option('options', 'init_command'),
  ]);
}

/** The synonyms of `localhost`. Other addresses in 127.0.0.0/8 may have servers of their own. */
const loopback = /^(?:localhost|127\.0\.0\.1|::1)$/;

/** Identifies a file by its inode, which links share, or if it does not exist yet, by its absolute path. */
function fileOf(path: string): string {
  const [fs, paths] = [builtin('node:fs'), builtin('node:path')];
  if (fs === undefined || paths === undefined) return path;
  const named = paths.resolve(path);
  try {
    const { dev, ino } = fs.statSync(named, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return named;
  }
}
