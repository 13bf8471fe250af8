/** MySQL, MariaDB, and servers that speak their protocol, through the package `mysql2`: the only file that knows it. */
import type { Connection as CallbackConnection } from 'mysql2';
import type { Connection, ConnectionOptions, FieldPacket, ResultSetHeader } from 'mysql2/promise';
import { integerOf } from '../../../cinder/python-int.ts';
import type { RowSet, ServerConfig, SqlValue } from '../../../rpc/contract.ts';
import { waitable } from '../../../runtime.ts';
import type { SqlParameters } from '../../engine.ts';
import { mysqlFault } from './mysql-errors.ts';
import { checkAddress, isAddress } from './mysql-identity.ts';
import { optionalPackage } from './optional-package.ts';
import { openServer, type ServerEngine, usualStatementTimeout } from './server.ts';
import type { Fault, ServerDriver, ServerFacts, ServerSession } from './server-driver.ts';
import { packageError } from './server-errors.ts';
import { SocketSession } from './socket-session.ts';
import { TlsAttempts, tlsOptions } from './tls.ts';

type Package = typeof import('mysql2');

/** @throws {PackageMissing | AccessDenied | DatabaseUnavailable | InvalidUrl} */
export async function openMysql(config: ServerConfig, readOnly: boolean): Promise<ServerEngine> {
  const mysql = await optionalPackage<Package>('mysql2', '3');
  return openServer(new MysqlDriver(mysql, config, readOnly), config, readOnly);
}

class MysqlDriver implements ServerDriver {
  readonly dialect = 'mysql';
  // READ COMMITTED: `setUp` sets it for the session.
  readonly beginWriting = ['START TRANSACTION'];
  readonly beginReading = [
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
  ];
  readonly sizeQuery =
    'SELECT sum(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()';
  readonly statementTimeout: number;
  readonly #mysql: Package;
  readonly #config: ServerConfig;
  readonly #readOnly: boolean;
  readonly #attempts: TlsAttempts;

  constructor(mysql: Package, config: ServerConfig, readOnly: boolean) {
    this.statementTimeout = config.statement_timeout ?? usualStatementTimeout;
    this.#mysql = mysql;
    this.#config = config;
    this.#readOnly = readOnly;
    this.#attempts = new TlsAttempts(config.tls.mode);
  }

  connect(): Promise<ServerSession> {
    return this.#attempts.connect(
      (withTls) => this.#connect(withTls),
      (error) => packageError(error).code === 'HANDSHAKE_NO_SSL_SUPPORT',
    );
  }

  async facts(session: ServerSession): Promise<ServerFacts> {
    const sql = 'SELECT VERSION(), @@version_comment, @@innodb_flush_log_at_trx_commit';
    const [[version, comment, flush] = []] = (await session.all(sql, [])).rows;
    const isMariadb = /mariadb/i.test(`${version} ${comment}`);
    return { name: isMariadb ? 'mariadb' : 'mysql', version: String(version), durable: String(flush) === '1' };
  }

  fault(error: unknown, sql: string | null): Fault {
    return mysqlFault(error, sql, this.#config, this.statementTimeout);
  }

  async #connect(withTls: boolean): Promise<ServerSession> {
    const begun = this.#mysql.createConnection(connectionOptions(this.#config, withTls));
    if (withTls && namesAddress(this.#config)) checkAddress(begun, this.#config.host);
    const connection = await connected(begun);
    const session = new MysqlSession(connection);
    try {
      const statements = setUp(this.#config, this.statementTimeout, this.#readOnly);
      for (const statement of statements) await connection.query(statement);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }
}

function connected(connection: CallbackConnection): Promise<Connection> {
  return new Promise((resolve, reject) => {
    connection.once('connect', () => resolve(connection.promise()));
    connection.once('error', reject);
  });
}

/** Whether the certificate has to be for an IP address. */
function namesAddress(config: ServerConfig): config is ServerConfig & { readonly host: string } {
  return config.tls.mode === 'verify-full' && config.socket === null && isAddress(config.host);
}

function connectionOptions(config: ServerConfig, withTls: boolean): ConnectionOptions {
  const { rejectUnauthorized, checkServerIdentity, ...files } = withTls ? tlsOptions(config.tls) : {};
  return {
    ...(config.socket === null ? { host: config.host ?? 'localhost' } : { socketPath: config.socket }),
    ...(config.port === null ? {} : { port: config.port }),
    ...(config.user === null ? {} : { user: config.user }),
    ...(config.password === null ? {} : { password: config.password }),
    ...(config.database === null ? {} : { database: config.database }),
    ...(withTls
      ? {
          ssl: {
            ...files,
            rejectUnauthorized: rejectUnauthorized === true,
            verifyIdentity: rejectUnauthorized === true && checkServerIdentity === undefined && !namesAddress(config),
          },
        }
      : {}),
    connectTimeout: config.connect_timeout,
    charset: 'utf8mb4',
    // `Date` would lose the microseconds of times; 64-bit integers would be rounded.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    rowsAsArray: true,
    maxPreparedStatements: 200,
  };
}

/**
 * The settings of a session. Names are quoted as everywhere else, and values that a column cannot hold are
 * refused, not truncated. MariaDB and MySQL each read the other's conditional comments as plain comments.
 */
function setUp({ startup, lock_timeout }: ServerConfig, timeout: number, readOnly: boolean): readonly string[] {
  const limit = Math.round(waitable(timeout));
  const wait = Math.max(1, Math.ceil(waitable(lock_timeout) / 1000));
  const init = startup['init_command'];
  return [
    ...(init === undefined ? [] : [init]),
    `SET /*M!100101 max_statement_time = ${limit / 1000}, */ /*!50708 max_execution_time = ${limit}, */
      sql_mode = 'TRADITIONAL,ANSI_QUOTES', autocommit = 1,
      innodb_lock_wait_timeout = ${wait}, lock_wait_timeout = ${wait}`,
    `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED${readOnly ? ', READ ONLY' : ''}`,
  ];
}

/** The protocol's type code for BIGINT. */
const longLong = 8;

class MysqlSession extends SocketSession implements ServerSession {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    super(connection);
    this.#connection = connection;
  }

  async all(sql: string, parameters: SqlParameters): Promise<RowSet> {
    const [rows, fields] = await this.#query<SqlValue[][]>(sql, parameters);
    const long = fields.flatMap(({ columnType }, place) => (columnType === longLong ? [place] : []));
    for (const row of rows) for (const place of long) row[place] = integer(row[place] ?? null);
    return { columns: fields.map(({ name }) => name), rows };
  }

  async run(sql: string, parameters: SqlParameters): Promise<number> {
    const [{ affectedRows }] = await this.#query<ResultSetHeader>(sql, parameters);
    return affectedRows;
  }

  async close(): Promise<void> {
    await this.#connection.end();
  }

  /** Statements without values are sent as text: some cannot be prepared. */
  #query<R>(sql: string, parameters: SqlParameters): Promise<[R, FieldPacket[]]> {
    // The package's types tell the shape of a result only from the statement.
    const answer =
      parameters.length === 0 ? this.#connection.query(sql) : this.#connection.execute(sql, parameters.map(bound));
    return answer as unknown as Promise<[R, FieldPacket[]]>;
  }
}

/** Integers are sent as text, since the package sends every number as a double. */
function bound(value: SqlValue): string | number | null {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return value === null ? null : String(value);
}

function integer(value: SqlValue): SqlValue {
  return value === null ? null : integerOf(String(value));
}
