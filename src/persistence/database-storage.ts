/** The storages `db` and `memory_db`: from their options to a database that can be opened. */
import { InvalidPersistence } from '../errors/index.ts';
import { databaseOptions, memoryDatabaseOptions } from '../options.ts';
import type { CoreClient } from '../rpc/client.ts';
import type { CoreConfig } from '../rpc/contract.ts';
import { askToPersist, defaultMedium } from '../runtime.ts';
import { sqlitePath } from '../sql/url.ts';
import { DatabasePersistence } from './database.ts';
import type { PersistenceOptions } from './driver.ts';

type Connect = () => Promise<CoreClient>;

/** The storage `db`: the database that `connection` says. */
export async function databaseAt(options: PersistenceOptions, connect: Connect): Promise<DatabasePersistence> {
  const { connection, medium, read_only, soft_deletes, sqlite_synchronous, busy_timeout, from } =
    databaseOptions(options);
  const path = sqlitePath(connection);
  if (medium !== undefined && path === null) {
    throw new InvalidPersistence(
      `The connection ${connection} is a database in memory: it has no medium '${medium}'. ` +
        'Name the database, as in sqlite:///name, or leave the medium out.',
    );
  }
  if (read_only && (path === null || from !== undefined)) {
    throw new InvalidPersistence(
      'The option read_only is for a database file that exists: not for one in memory, nor together with "from".',
    );
  }
  const config: CoreConfig = {
    medium: path === null ? 'memory' : (medium ?? defaultMedium()),
    database: path ?? '',
    soft_deletes,
    sqlite_synchronous,
    from: await bytesOf(from),
    read_only,
    busy_timeout,
  };
  if (config.medium === 'indexeddb' || config.medium === 'opfs') askToPersist();
  return new DatabasePersistence('db', options, config, connect);
}

/** The storage `memory_db`: a database in memory, with hard deletes. */
export async function databaseInMemory(options: PersistenceOptions, connect: Connect): Promise<DatabasePersistence> {
  const { from } = memoryDatabaseOptions(options);
  const config: CoreConfig = {
    medium: 'memory',
    database: '',
    soft_deletes: false,
    sqlite_synchronous: true,
    from: await bytesOf(from),
    read_only: false,
    busy_timeout: 0,
  };
  return new DatabasePersistence('memory_db', options, config, connect);
}

async function bytesOf(content: Blob | Uint8Array | undefined): Promise<Uint8Array | null> {
  if (content === undefined) return null;
  return content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer());
}
