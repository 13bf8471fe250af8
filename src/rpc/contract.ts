/**
 * The wire protocol between the objects and the persistence core: types alone.
 *
 * One {@link Command} goes in, one {@link Answer} comes out. A command is a whole operation (a save, a
 * delete, a listing), never a piece of SQL, so that crossing the boundary once is enough and each
 * write is one transaction on the other side.
 */

import type { AnyPort } from './any-worker.ts';

/** A value as SQL holds it. Times are text, `YYYY-MM-DD HH:MM:SS.ffffff`; a bigint is an integer beyond 2^53. */
export type SqlValue = string | number | bigint | boolean | null;

/** A dictionary on the wire: pairs, since an object would put keys that look like numbers first. */
export type Entries<V> = readonly (readonly [key: string, value: V])[];

/** The rows of one query. Column names are sent once, not with each row. */
export interface RowSet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Which volumes to list. A filter that is empty or absent does not filter; filters are ANDed. */
export interface VolumeFilter {
  readonly volume_id?: string | null | undefined;
  readonly volume_name?: string | null | undefined;
  readonly backend_name?: string | null | undefined;
}
export interface SnapshotFilter {
  readonly snapshot_id?: string | null | undefined;
  readonly snapshot_name?: string | null | undefined;
  readonly volume_id?: string | null | undefined;
}
export interface ConnectionFilter {
  readonly connection_id?: string | null | undefined;
  readonly volume_id?: string | null | undefined;
}

/** One page of a listing that is newest first: at most `limit` rows, those after the row `after`. */
export interface Page {
  readonly limit: number;
  readonly after: { readonly created_at: string | null; readonly id: string } | null;
}

/**
 * A part of everything that is live, for who goes through all of it: the next `limit` objects after an id,
 * in the database's own order of ids, or those that have one of these ids, of which there may be some thousands.
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
   * Column to value. With `id` among them the row is created, or updated where it exists already;
   * without, the row must be there.
   */
  readonly values: Readonly<Record<string, SqlValue>>;
  /**
   * True when nothing was marked as changed and the whole object is written: columns that hold the
   * same already are left alone, so that saving an untouched object changes no byte.
   */
  readonly whole: boolean;
  /**
   * True for what comes from another storage: a row that is another object of that id, or that was
   * changed here since, is refused and not overwritten. A new row keeps the nulls that it had there.
   */
  readonly guarded?: boolean;
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
    /** Of specs that come from another storage, for when they are made here; else the id and now. */
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
  /** The type that comes with the volume; absent when it has none or none of it changed. */
  readonly volume_type?: VolumeTypeChange;
}
export interface SnapshotChange extends RowChange {
  readonly metadata?: Entries<string>;
}

export type ReadCommand =
  | { readonly kind: 'getVolumes'; readonly filter: VolumeFilter; readonly page?: Page }
  | { readonly kind: 'getSnapshots'; readonly filter: SnapshotFilter }
  | { readonly kind: 'getConnections'; readonly filter: ConnectionFilter }
  | { readonly kind: 'getKeyValues'; readonly key: string | null }
  | { readonly kind: 'scanVolumes'; readonly scan: Scan }
  | { readonly kind: 'scanSnapshots'; readonly scan: Scan }
  | { readonly kind: 'fingerprint' }
  | { readonly kind: 'examine'; readonly integrity: boolean }
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
      /** True for what comes from another storage: another value of that key is not overwritten. */
      readonly guarded?: boolean;
    }
  | { readonly kind: 'deleteVolume'; readonly id: string }
  | { readonly kind: 'deleteSnapshot'; readonly id: string }
  | { readonly kind: 'deleteConnection'; readonly id: string }
  | { readonly kind: 'deleteKeyValue'; readonly key: string }
  /** Marks as deleted the rows of these findings, as many as `examine` counted. */
  | { readonly kind: 'repair'; readonly findings: readonly RepairedFinding[] };

export type WriteCommand =
  | SingleWrite
  /** All of them in one transaction: either every one is stored or none. */
  | { readonly kind: 'batch'; readonly commands: readonly WriteCommand[] };

/**
 * One transaction over many commands, for more changes than fit into one: nothing of it is stored before
 * `commitBulk`. Everything else that is asked of the core waits until it has ended.
 */
export type BulkCommand =
  | { readonly kind: 'appendBulk'; readonly commands: readonly SingleWrite[] }
  | { readonly kind: 'commitBulk' }
  | { readonly kind: 'rollbackBulk' };

export type Command =
  /** `ports` leads to whoever passes message ports from tab to tab. */
  | { readonly kind: 'open'; readonly config: CoreConfig; readonly ports?: AnyPort }
  | ReadCommand
  | WriteCommand
  | { readonly kind: 'beginBulk' }
  | BulkCommand
  /** Takes a database that another program changed as it is now. */
  | { readonly kind: 'refresh' }
  /** `at_once`: lets go of the files as they are, before anything else is run, where the medium can. */
  | { readonly kind: 'close'; readonly at_once?: boolean };

/** Where the bytes of a database are kept. */
export type MediumName = 'memory' | 'filesystem' | 'indexeddb' | 'opfs';

/** How the core is told to open its database: options already checked and expanded. */
export interface CoreConfig {
  /** `memory` keeps the pages in memory; the others name where they live. */
  readonly medium: MediumName;
  /** The database's path, or its name where there are no paths; unused for `memory`. */
  readonly database: string;
  readonly soft_deletes: boolean;
  readonly sqlite_synchronous: boolean;
  /** The first content of the database: a whole SQLite file. */
  readonly from: Uint8Array | null;
  /** Whether nothing may be written: no change, no lock, no journal. */
  readonly read_only: boolean;
  /** How long other programs are waited for, in milliseconds. */
  readonly busy_timeout: number;
  /** In browsers: whether whoever sends this has the database's lock, so that none is taken. */
  readonly lock_held?: boolean;
  /** The server that has the database; null for SQLite. With one, what is said of media and files means nothing. */
  readonly server: ServerConfig | null;
}

/** How connections to a server are protected, in the words of libpq. */
export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** A database on a server, and how to reach it. What is null is left to the driver. */
export interface ServerConfig {
  readonly dialect: 'mysql' | 'postgresql';
  readonly host: string | null;
  readonly port: number | null;
  /** The path of a socket, for PostgreSQL of its folder. */
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
  /** Milliseconds that a statement may take; 0 is no limit, null the library's own. */
  readonly statement_timeout: number | null;
  /** Milliseconds that rows locked by others are waited for. */
  readonly lock_timeout: number;
  /** Other settings of a new connection, by the name that they have in the URL. */
  readonly startup: Readonly<Record<string, string>>;
  /** Server and database as messages show them: without the password. */
  readonly name: string;
}

/** What a set of a volume decided: the id of the type that the volume has now. */
export interface VolumeStored {
  readonly volume_type_id: string | null;
}
export interface SnapshotStored {
  readonly volume_type_id: string | null;
}

/** What the core knows of the database that it opened. */
export interface StorageInfo {
  readonly medium: MediumName | ServerConfig['dialect'];
  /** `off`: a power cut may damage the database; `relaxed`: it may lose the last changes, no more. */
  readonly durability: 'none' | 'full' | 'relaxed' | 'off';
  /** Whether it lasts: browsers may remove what they have not been asked to keep. */
  readonly persisted: boolean;
  readonly leader: boolean;
  /** Bytes of the main database file, or of the database on its server; null when that does not tell. */
  readonly size: number | null;
  /** The Cinder schema revision that the database says it has. */
  readonly revision: string;
  /** What the database runs on, by name: `sqlite`, `mariadb`, `mysql` or `postgresql`. */
  readonly versions: Readonly<Record<string, string>>;
  /**
   * `held`: native programs are kept from writing. `seen`: their locks are respected. `none`: neither. Null on a
   * server, which every program may use at the same time.
   */
  readonly native_locks: 'held' | 'seen' | 'none' | null;
  readonly read_only: boolean;
}

/** How many rows a table has. */
export interface TableCount {
  readonly table: string;
  /** Those that getters see; all of them in a table that marks none as deleted. */
  readonly live: number;
  readonly deleted: number;
  /** The live ones that cinderlib has no use for, beside those that every new database has. */
  readonly foreign: number;
}

/** Something in the tables that is not as it should be. */
export interface Finding {
  /** Its stable name, such as `snapshot_without_volume`. */
  readonly name: string;
  readonly table: string;
  /** `error`: something does not work because of it. `warning`: it should not be there, and does no harm. `note`: it may be meant. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly count: number;
  /** The ids of the rows, the first hundred of them. */
  readonly ids: readonly string[];
  /** Whether the rows can be marked as deleted without losing anything that is in use. */
  readonly repairable: boolean;
}
export type RepairedFinding = Pick<Finding, 'name' | 'table' | 'count'>;

/** What an examination of the whole database found. */
export interface Examination {
  /** What the engine's own check complains of; null when it was not asked or has none. */
  readonly integrity: readonly string[] | null;
  readonly tables: readonly TableCount[];
  readonly findings: readonly Finding[];
}

/** The lock file of a database, and the text in it that makes it ours. */
export interface LockFile {
  readonly path: string;
  readonly token: string;
}

/** What is known of a core whose database other tabs have open too. */
export interface SharedCore {
  /** The name of a Web Lock that is held for as long as the core lives. */
  readonly alive: string;
}

/** What was stored, by whichever tab: told after it is durable. */
export interface Change {
  readonly kind: 'volume' | 'snapshot' | 'connection' | 'key_value';
  /** The id, or the key of a key-value. */
  readonly id: string;
  readonly action: 'set' | 'delete';
  /** Whether this context did it. */
  readonly here: boolean;
}

/** The answer to each kind of command. */
export interface Answers {
  open: {
    readonly default_type: DefaultTypeRows;
    readonly lock_file: LockFile | null;
    /** Such a core tells of every change by itself, its own included; absent where it is nobody else's. */
    readonly shared?: SharedCore;
  };
  refresh: { readonly default_type: DefaultTypeRows };
  getVolumes: VolumeRows;
  getSnapshots: SnapshotRows;
  getConnections: ConnectionRows;
  getKeyValues: readonly KeyValueRow[];
  scanVolumes: VolumeRows;
  scanSnapshots: SnapshotRows;
  /** A text that is another one after somebody has changed the tables. */
  fingerprint: string;
  examine: Examination;
  info: StorageInfo;
  exportDatabase: Uint8Array;
  setVolume: VolumeStored;
  setSnapshot: SnapshotStored;
  setConnection: null;
  setKeyValue: null;
  deleteVolume: null;
  deleteSnapshot: null;
  deleteConnection: null;
  deleteKeyValue: null;
  repair: null;
  beginBulk: null;
  appendBulk: null;
  commitBulk: null;
  rollbackBulk: null;
  batch: readonly (VolumeStored | SnapshotStored | null)[];
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
  /** The page goes into the background for good, or comes back. */
  setAway(isAway: boolean): void;
}

/** What the worker sends by itself. */
export interface ChangesMessage {
  readonly changes: readonly Change[];
}
