/** Creates the storages `db` and `memory_db` from their options. */
import { InvalidPersistence, InvalidUrl, NotADatabase } from '../errors/index.ts';
import { type DatabaseOptions, databaseOptions, memoryDatabaseOptions } from '../options.ts';
import type { Connect } from '../rpc/client.ts';
import type { CoreConfig, ServerConfig } from '../rpc/contract.ts';
import { askToPersist, builtin, defaultMedium } from '../runtime.ts';
import { isSqliteUrl, shownUrl, sqlitePath } from '../urls/database-url.ts';
import { DatabasePersistence } from './database.ts';
import type { PersistenceOptions } from './driver.ts';

/** The storage `db`: the database named by `connection`. */
export async function databaseAt(options: PersistenceOptions, connect: Connect): Promise<DatabasePersistence> {
  const checked = databaseOptions(options);
  const { connection, medium, read_only, soft_deletes, sqlite_synchronous, busy_timeout, from, ask_to_persist } =
    checked;
  const common = { read_only, soft_deletes, sqlite_synchronous, busy_timeout };
  const server = await serverAt(checked);
  if (server !== null) {
    const config: CoreConfig = { ...common, medium: 'memory', database: '', from: null, server };
    return new DatabasePersistence('db', options, config, connect);
  }
  const path = sqlitePath(connection);
  if (medium !== undefined && path === null) {
    throw new InvalidPersistence(
      `The connection ${connection} is an in-memory database: it has no medium '${medium}'. ` +
        'Name the database, as in sqlite:///name, or omit the medium.',
    );
  }
  if (read_only && (path === null || from !== undefined)) {
    throw new InvalidPersistence(
      'The option read_only needs an existing database file: it excludes in-memory databases and "from".',
    );
  }
  const config: CoreConfig = {
    ...common,
    medium: path === null ? 'memory' : (medium ?? defaultMedium()),
    database: path ?? '',
    from: await bytesOf(from, path),
    server: null,
  };
  const isKeptByBrowser = config.medium === 'indexeddb' || config.medium === 'opfs';
  if (isKeptByBrowser && ask_to_persist && !read_only) void askToPersist();
  return new DatabasePersistence('db', options, config, connect);
}

/** The server of the database; null for SQLite. */
async function serverAt(options: DatabaseOptions): Promise<ServerConfig | null> {
  const { connection, medium, from, busy_timeout, statement_timeout } = options;
  if (isSqliteUrl(connection)) {
    if (statement_timeout === undefined) return null;
    throw new InvalidPersistence('The option statement_timeout is for databases on a server.');
  }
  const fileOption = Object.entries({ medium, from }).find(([, value]) => value !== undefined)?.[0];
  if (fileOption !== undefined) {
    throw new InvalidPersistence(`The option ${fileOption} is for sqlite databases, not for ${shownUrl(connection)}.`);
  }
  if (builtin('node:net') === undefined) {
    throw new InvalidUrl(
      `${shownUrl(connection)} cannot be opened here: browsers cannot connect to database servers. ` +
        'Run this code in Node, Deno or Bun, or migrate the metadata there to a SQLite file, which opens anywhere.',
    );
  }
  const { serverOf } = await import('../urls/server-url.ts');
  const server = serverOf(connection);
  return {
    ...server,
    lock_timeout: busy_timeout,
    // The URL takes precedence over the option, since it is specific to this server.
    statement_timeout: server.statement_timeout ?? statement_timeout ?? null,
  };
}

/** The storage `memory_db`: a database in memory, with hard deletes. */
export async function databaseInMemory(options: PersistenceOptions, connect: Connect): Promise<DatabasePersistence> {
  const { from } = memoryDatabaseOptions(options);
  const config: CoreConfig = {
    medium: 'memory',
    database: '',
    soft_deletes: false,
    sqlite_synchronous: true,
    from: await bytesOf(from, null),
    read_only: false,
    busy_timeout: 0,
    server: null,
  };
  return new DatabasePersistence('memory_db', options, config, connect);
}

/** @param path that of the new database; null in memory */
async function bytesOf(content: Blob | Uint8Array | undefined, path: string | null): Promise<Uint8Array | null> {
  if (content === undefined) return null;
  // SQLite would make a new database of it, and who chose an empty file would believe that it was imported.
  if ((content instanceof Blob ? content.size : content.length) === 0) {
    throw new NotADatabase(path ?? ':memory:', "the content given as 'from' is empty");
  }
  if (content instanceof Uint8Array) return content;
  try {
    return new Uint8Array(await content.arrayBuffer());
  } catch (cause) {
    // A file that a page was given may have been changed or removed since.
    throw new InvalidPersistence("The Blob given as 'from' cannot be read. Choose the file again.", { cause });
  }
}
