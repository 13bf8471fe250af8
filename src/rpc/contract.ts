/**
 * The wire protocol between the objects and the persistence core: types only.
 *
 * One {@link Command} goes in, one {@link Answer} comes out. A command is a whole operation (a save, a
 * delete, a listing), never a piece of SQL, so that one crossing of the boundary is enough and each
 * write is one transaction on the other side.
 */
import type { CompiledEngine } from '../vfs/compiled-engine.ts';
import type { AnyPort } from './any-worker.ts';

/** A value as SQL holds it. Times are text, `YYYY-MM-DD HH:MM:SS.ffffff`; a bigint is an integer beyond 2^53. */
export type SqlValue = string | number | bigint | boolean | null;

/** A dictionary on the wire: pairs, because an object would move keys that look like integers to the front. */
export type Entries<V> = readonly (readonly [key: string, value: V])[];

/** The rows of one query. Column names are sent once, not with each row. */
export interface RowSet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Which volumes to list. A filter that is empty or absent does not filter; filters are ANDed. */
export interface VolumeFilter {
  /** The volume with that id. */
  readonly volume_id?: string | null | undefined;
  /** Volumes with exactly that display name. */
  readonly volume_name?: string | null | undefined;
  /** Volumes on that backend: what is between `@` and `#` in their `host`. */
  readonly backend_name?: string | null | undefined;
}

/** Which snapshots to list. A filter that is empty or absent does not filter; filters are ANDed. */
export interface SnapshotFilter {
  /** The snapshot with that id. */
  readonly snapshot_id?: string | null | undefined;
  /** Snapshots with exactly that display name. */
  readonly snapshot_name?: string | null | undefined;
  /** Snapshots of that volume. */
  readonly volume_id?: string | null | undefined;
}

/** Which connections to list. A filter that is empty or absent does not filter; filters are ANDed. */
export interface ConnectionFilter {
  /** The connection with that id. */
  readonly connection_id?: string | null | undefined;
  /** Connections of that volume. */
  readonly volume_id?: string | null | undefined;
}

/** Filters of connections that only the core knows. */
export interface ConnectionRowFilter extends ConnectionFilter {
  /** Only those whose volume is missing or marked as deleted. */
  readonly without_volume?: boolean;
}

/** One page of a listing that is newest first: at most `limit` rows, those after the row `after`. */
export interface Page {
  readonly limit: number;
  readonly after: { readonly created_at: string | null; readonly id: string } | null;
}

/**
 * A portion of all live objects, for callers that iterate over everything: the next `limit` objects after an id,
 * in the database's own order of ids, or the objects with these ids, which may be several thousand.
 */
export type Scan = { readonly after: string | null; readonly limit: number } | { readonly ids: readonly string[] };

/** The rows that make up volumes: parents in the order of the listing, children in row order. */
export interface VolumeRows {
  readonly volumes: RowSet;
  readonly volume_metadata: RowSet;
  readonly volume_admin_metadata: RowSet;
  readonly volume_types: RowSet;
  readonly volume_type_extra_specs: RowSet;
  readonly quality_of_service_specs: RowSet;
  readonly volume_attachment: RowSet;
}
export interface SnapshotRows {
  readonly snapshots: RowSet;
  readonly snapshot_metadata: RowSet;
}
export interface ConnectionRows {
  readonly volume_attachment: RowSet;
  /** The volumes that the connections belong to, whole. */
  readonly volumes: VolumeRows;
}
export interface KeyValueRow {
  readonly key: string;
  readonly value: string | null;
}
/** The volume type named `__DEFAULT__`, with its extra specs. */
export interface DefaultTypeRows {
  readonly volume_types: RowSet;
  readonly volume_type_extra_specs: RowSet;
}

/** What a set writes to the row of one object. */
export interface RowChange {
  readonly id: string;
  /**
   * Column to value. With `id` among them the row is created, or updated if it exists;
   * without it, the row must exist.
   */
  readonly values: Readonly<Record<string, SqlValue>>;
  /**
   * True when nothing was marked as changed and the whole object is written: columns that already hold
   * the same value are left alone, so that saving an untouched object changes no byte.
   */
  readonly whole: boolean;
  /**
   * True for data from another storage: a row that belongs to another object with that id, that has a later
   * change, or that differs without being older, is refused and not overwritten. A new row keeps the nulls that it had there.
   */
  readonly guarded?: boolean;
  /** True for a new snapshot or connection: refused if its volume is not stored, or is marked as deleted. */
  readonly needs_volume?: boolean;
}

/** What a set writes to `volume_types` and its children. Absent specs are left alone. */
export interface VolumeTypeChange {
  readonly id: string;
  readonly values: Readonly<Record<string, SqlValue>>;
  readonly extra_specs?: Entries<string | null>;
  readonly qos_specs?: {
    readonly id: string;
    readonly consumer: string;
    readonly specs: Entries<string | null>;
    /** For specs from another storage that are created here: their name and times; otherwise the id and now. */
    readonly origin?: {
      readonly name: string | null;
      readonly created_at?: string | null;
      readonly updated_at: string | null;
    };
  };
}
export interface VolumeChange extends RowChange {
  readonly metadata?: Entries<string>;
  readonly admin_metadata?: Entries<string>;
  /** The volume's type; absent when it has none or nothing of it changed. */
  readonly volume_type?: VolumeTypeChange;
}
export interface SnapshotChange extends RowChange {
  readonly metadata?: Entries<string>;
}

export type ReadCommand =
  | { readonly kind: 'getVolumes'; readonly filter: VolumeFilter; readonly page?: Page }
  | { readonly kind: 'getSnapshots'; readonly filter: SnapshotFilter }
  | { readonly kind: 'getConnections'; readonly filter: ConnectionRowFilter }
  | { readonly kind: 'getKeyValues'; readonly key: string | null }
  | { readonly kind: 'scanVolumes'; readonly scan: Scan }
  | { readonly kind: 'scanSnapshots'; readonly scan: Scan }
  | { readonly kind: 'fingerprint' }
  | { readonly kind: 'examine'; readonly integrity: boolean }
  /**
   * Fails as a bulk with these changes would, but for what only the database itself can refuse, and writes nothing.
   * `bulk` identifies it: changes come after those checked before under the same one.
   */
  | { readonly kind: 'checkWrites'; readonly bulk: string; readonly commands: readonly SingleWrite[] }
  | { readonly kind: 'info' }
  | { readonly kind: 'exportDatabase' };

/** One change of the tables. */
export type SingleWrite =
  | { readonly kind: 'setVolume'; readonly change: VolumeChange }
  | { readonly kind: 'setSnapshot'; readonly change: SnapshotChange }
  | { readonly kind: 'setConnection'; readonly change: RowChange }
  | {
      readonly kind: 'setKeyValue';
      readonly key: string;
      readonly value: string | null;
      /** True for data from another storage: a different value of that key is not overwritten. */
      readonly guarded?: boolean;
    }
  | { readonly kind: 'deleteVolume'; readonly id: string }
  | { readonly kind: 'deleteSnapshot'; readonly id: string }
  | { readonly kind: 'deleteConnection'; readonly id: string }
  | { readonly kind: 'deleteKeyValue'; readonly key: string }
  /** Marks the rows of these findings as deleted, provided that they are as many as `examine` counted. */
  | { readonly kind: 'repair'; readonly findings: readonly RepairedFinding[] };

export type WriteCommand =
  | SingleWrite
  /** All commands in one transaction: either all are stored or none. */
  | { readonly kind: 'batch'; readonly commands: readonly SingleWrite[] };

/**
 * One transaction over many commands, for more changes than fit into a single one: nothing is stored before
 * `commitBulk`. All other commands wait until it has ended.
 */
export type BulkCommand =
  | { readonly kind: 'appendBulk'; readonly commands: readonly SingleWrite[] }
  | { readonly kind: 'commitBulk' }
  | { readonly kind: 'rollbackBulk' };

export type Command =
  /** `ports` leads to the SharedWorker that passes message ports between tabs. */
  | { readonly kind: 'open'; readonly config: CoreConfig; readonly ports?: AnyPort }
  | ReadCommand
  | WriteCommand
  | { readonly kind: 'beginBulk' }
  | BulkCommand
  /**
   * Accepts the current state of a database that another program has changed. `hold`: from now on, all reads see that
   * state, if the database is on a server.
   */
  | { readonly kind: 'refresh'; readonly hold?: boolean }
  /** `at_once`: releases the file handles before anything else runs, where the medium can. */
  | { readonly kind: 'close'; readonly at_once?: boolean };

/** Where the bytes of a database are kept. */
export type MediumName = 'memory' | 'filesystem' | 'indexeddb' | 'opfs';

/** How the core is to open its database: options already checked and expanded. */
export interface CoreConfig {
  /** `memory` keeps the pages in memory; the others name where they are stored. */
  readonly medium: MediumName;
  /** The database's path, or its name where there are no paths; unused for `memory`. */
  readonly database: string;
  readonly soft_deletes: boolean;
  /** False trades durability for speed: a power cut may lose or damage the database. */
  readonly sqlite_synchronous: boolean;
  /** The initial content of the database: a whole SQLite file. */
  readonly from: Uint8Array | null;
  /** Whether nothing may be written: no change, no lock, no journal. */
  readonly read_only: boolean;
  /** How long to wait for other programs, in milliseconds. */
  readonly busy_timeout: number;
  /** In browsers: whether the sender already holds the database's lock, so that none is taken. */
  readonly lock_held?: boolean;
  /** The server that holds the database; null for SQLite. With one, the settings of media and files mean nothing. */
  readonly server: ServerConfig | null;
}

/** How connections to a server are encrypted and verified, in libpq's terms. */
export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** A database on a server, and how to reach it. Null leaves a setting to the driver. */
export interface ServerConfig {
  readonly dialect: 'mysql' | 'postgresql';
  readonly host: string | null;
  readonly port: number | null;
  /** The path of the Unix socket; for PostgreSQL, of its directory. */
  readonly socket: string | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: string | null;
  readonly tls: {
    readonly mode: TlsMode | null;
    /** Paths of files with certificates and keys. */
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly passphrase: string | null;
    readonly ciphers: string | null;
    readonly min_version: string | null;
    readonly max_version: string | null;
  };
  /** Milliseconds; 0 is no limit. */
  readonly connect_timeout: number;
  /** Milliseconds that a statement may take; 0 is no limit, null the library's default. */
  readonly statement_timeout: number | null;
  /** Milliseconds to wait for rows that others have locked. */
  readonly lock_timeout: number;
  /** Other settings of new connections, by their names in the URL. */
  readonly startup: Readonly<Record<string, string>>;
  /** Server and database as messages show them: without the password. */
  readonly name: string;
}

/** What storing a volume or a snapshot decided: the id of its type. */
export interface StoredType {
  readonly volume_type_id: string;
}

/** What the core knows about the database that it opened. */
export interface StorageInfo {
  /** Where the bytes are kept: a medium or, on a server, its dialect. */
  readonly medium: MediumName | ServerConfig['dialect'];
  /** `off`: a power cut may damage the database; `relaxed`: it may lose the last changes, no more. */
  readonly durability: 'none' | 'full' | 'relaxed' | 'off';
  /** Whether it is kept: a browser may evict the storage of a site unless it has granted persistence. */
  readonly persisted: boolean;
  /** Whether this context writes to the database itself; false if read-only, or if another tab writes for it. */
  readonly leader: boolean;
  /** Bytes of the main database file, or of the database on its server; null when the server does not tell. */
  readonly size: number | null;
  /** The Cinder schema revision that the database says it has. */
  readonly revision: string;
  /** The version of what the database runs on, by name: `sqlite`, `mariadb`, `mysql` or `postgresql`. */
  readonly versions: Readonly<Record<string, string>>;
  /**
   * `held`: native programs cannot write. `seen`: their locks are respected. `none`: neither. Null on a
   * server, which all programs may use at the same time.
   */
  readonly native_locks: 'held' | 'seen' | 'none' | null;
  /** Whether changes are refused. */
  readonly read_only: boolean;
}

/** How many rows a table has. */
export interface TableCount {
  readonly table: string;
  /** Rows that getters see; all of them in a table that marks none as deleted. */
  readonly live: number;
  readonly deleted: number;
  /** Live rows that cinderlib does not use, apart from those that every new database has. */
  readonly foreign: number;
}

/** Something in the tables that is not as it should be. */
export interface Finding {
  /** Its stable name, such as `snapshot_without_volume`. */
  readonly name: string;
  readonly table: string;
  /** `error`: it breaks something. `warning`: it should not be there, but does no harm. `note`: it may be intended. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly count: number;
  /** The ids of the first hundred rows. */
  readonly ids: readonly string[];
  /** Whether the rows can be marked as deleted without losing anything in use. */
  readonly repairable: boolean;
}
export type RepairedFinding = Pick<Finding, 'name' | 'table' | 'count'>;

/** What an examination of the whole database found. */
export interface Examination {
  /** Complaints of the engine's own integrity check; null when it was not requested or the engine has none. */
  readonly integrity: readonly string[] | null;
  readonly tables: readonly TableCount[];
  readonly findings: readonly Finding[];
}

/** The lock file of a database, and the token in it that identifies it as ours. */
export interface LockFile {
  readonly path: string;
  readonly token: string;
}

/** A core whose database other tabs have open too. */
export interface SharedCore {
  /** The name of a Web Lock that is held for as long as the core lives. */
  readonly alive: string;
}

/** A stored change, whichever tab made it: reported after it is durable. */
export interface Change {
  /** What was changed. */
  readonly kind: 'volume' | 'snapshot' | 'connection' | 'key_value';
  /** The id, or the key of a key-value. */
  readonly id: string;
  /** `set`: created or updated. */
  readonly action: 'set' | 'delete';
  /** Whether this context made it. */
  readonly here: boolean;
}

/** The answer to each kind of command. */
export interface Answers {
  open: {
    /** The core's {@link wireVersion}, which has to be the caller's own: one of them may be of an older version. */
    readonly version: number;
    readonly default_type: DefaultTypeRows;
    readonly lock_file: LockFile | null;
    /** Present when other tabs share the database: such a core reports every change itself, its own included. */
    readonly shared?: SharedCore;
  };
  refresh: { readonly default_type: DefaultTypeRows };
  getVolumes: VolumeRows;
  getSnapshots: SnapshotRows;
  getConnections: ConnectionRows;
  getKeyValues: readonly KeyValueRow[];
  scanVolumes: VolumeRows;
  scanSnapshots: SnapshotRows;
  /** A text that differs once anyone has changed the tables. */
  fingerprint: string;
  examine: Examination;
  checkWrites: null;
  info: StorageInfo;
  exportDatabase: Uint8Array;
  setVolume: StoredType;
  setSnapshot: StoredType;
  setConnection: null;
  setKeyValue: null;
  deleteVolume: null;
  deleteSnapshot: null;
  deleteConnection: null;
  deleteKeyValue: null;
  repair: null;
  beginBulk: null;
  /** The places of the commands that changed nothing, since it was stored already. Older versions do not tell: null. */
  appendBulk: readonly number[] | null;
  commitBulk: null;
  rollbackBulk: null;
  batch: readonly (StoredType | null)[];
  close: null;
}
export type Answer<C extends Command> = Answers[C['kind']];

/** An error as it crosses the boundary; `rpc/errors.ts` turns it back into its class. */
export interface WireError {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  readonly stack: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: WireError | null;
}
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireError };

/** What the worker exposes. A call is one message each way. */
export interface CoreEndpoint {
  call<C extends Command>(command: C): Promise<Outcome<Answer<C>>>;
  /** The page enters the back/forward cache, perhaps for good, or returns from it. */
  setAway(isAway: boolean): void;
  /** Before `open`: the engine that an earlier worker of this page has compiled. */
  setEngine(engine: CompiledEngine): void;
  /** After `open`: the engine to hand to later workers; null if this one has not compiled it, or not yet. */
  engine(): CompiledEngine | null;
}

/** What the worker sends without being called. */
export interface ChangesMessage {
  readonly changes: readonly Change[];
}
