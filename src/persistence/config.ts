/** The option `persistence_config`: which storage, and its options. */
import type { PlatformBlob } from '../platform-blob.ts';
import type { PersistenceClass, PersistenceDriver } from './driver.ts';

/** Lets editors complete the names. Accepts any string, since a config built at run time has no narrower type. */
type Medium = 'filesystem' | 'indexeddb' | 'opfs' | (string & Record<never, never>);

/** Where the metadata is kept. An undefined option counts as absent. */
export interface PersistenceConfig {
  /** `memory` (the default), `memory_db`, `db`, a registered name, a module specifier, a class or an instance. */
  readonly storage?: string | PersistenceClass | PersistenceDriver | null | undefined;
  /** For `db`: a SQLAlchemy URL, such as `sqlite:///cl.sqlite`. */
  readonly connection?: string | undefined;
  /** For `db` with SQLite: where the file is kept. Defaults to `indexeddb` in browsers and `filesystem` elsewhere. */
  readonly medium?: Medium | undefined;
  /** For `db`: whether deleted rows are kept and marked as deleted. Default: false. */
  readonly soft_deletes?: boolean | undefined;
  /** For `db` with SQLite: whether each change is flushed to disk before it is acknowledged. Default: true. */
  readonly sqlite_synchronous?: boolean | undefined;
  /** For `db`: writes nothing and takes no lock; the database may be in use elsewhere. */
  readonly read_only?: boolean | undefined;
  /** For `db`: how long to wait for other programs' locks on the file or server, in milliseconds. Default: 5000. */
  readonly busy_timeout?: number | undefined;
  /** For `db` on a server: the time limit of a statement, in milliseconds. Default: 60000; 0 means no limit. */
  readonly statement_timeout?: number | undefined;
  /** For `db` and `memory_db`: the initial content of the database, a SQLite file. */
  readonly from?: PlatformBlob | Uint8Array | undefined;
  /** For `db` in browsers: whether to request persistent storage, for which Firefox prompts the user. Default: true. */
  readonly ask_to_persist?: boolean | undefined;
  /** The options of a plugin. */
  readonly [option: string]: unknown;
}
