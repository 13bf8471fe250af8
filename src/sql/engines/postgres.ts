/** PostgreSQL, and what speaks its protocol, through the package `pg`: the only file that knows it. */
import type { Client, ClientConfig, CustomTypesConfig, QueryArrayResult } from 'pg';
import { DatabaseError } from '../../errors/index.ts';
import type { RowSet, ServerConfig, SqlValue } from '../../rpc/contract.ts';
import { waitable } from '../../runtime.ts';
import type { SqlParameters } from '../engine.ts';
import { safeInteger } from './integers.ts';
import { optionalPackage } from './optional-package.ts';
import { postgresFault } from './postgres-errors.ts';
import { openServer, type ServerEngine, usualStatementTimeout } from './server.ts';
import type { ServerDriver, ServerFacts, ServerSession } from './server-driver.ts';
import { packageError } from './server-errors.ts';
import { SocketSession } from './socket-session.ts';
import { TlsAttempts, type TlsOptions, tlsOptions } from './tls.ts';

type Package = typeof import('pg');

/** @throws {PackageMissing | AccessDenied | DatabaseUnavailable | InvalidUrl} */
export async function openPostgres(config: ServerConfig, readOnly: boolean): Promise<ServerEngine> {
  const pg = await optionalPackage<Package>('pg', 'pg', '8');
  // A limit that the URL gives to the server itself is not ours to shorten.
  const isLimited = (config.startup['options'] ?? '').includes('statement_timeout');
  const limited = isLimited && config.statement_timeout === null ? { ...config, statement_timeout: 0 } : config;
  return openServer(new PostgresDriver(pg, config, readOnly), limited, readOnly);
}

class PostgresDriver implements ServerDriver {
  readonly dialect = 'postgresql';
  readonly beginWriting = ['BEGIN ISOLATION LEVEL READ COMMITTED'];
  readonly beginReading = ['BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY'];
  readonly sizeQuery = 'SELECT pg_database_size(current_database())';
  readonly #pg: Package;
  readonly #config: ServerConfig;
  readonly #setUp: string;
  readonly #attempts: TlsAttempts;

  constructor(pg: Package, config: ServerConfig, readOnly: boolean) {
    this.#pg = pg;
    this.#config = config;
    this.#attempts = new TlsAttempts(config.tls.mode);
    this.#setUp = setUp(config, readOnly);
  }

  connect(): Promise<ServerSession> {
    return this.#attempts.connect((withTls) => this.#connect(withTls), wantsOtherTls);
  }

  async facts(session: ServerSession): Promise<ServerFacts> {
    const sql = `SELECT current_setting('server_version'),
      current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'`;
    const [[version, durable] = []] = (await session.all(sql, [])).rows;
    return { name: 'postgresql', version: String(version), durable: durable === true };
  }

  fault(error: unknown, sql: string | null): ReturnType<ServerDriver['fault']> {
    return postgresFault(error, sql, this.#config, this.#config.statement_timeout ?? usualStatementTimeout);
  }

  async #connect(withTls: boolean): Promise<ServerSession> {
    const tls = withTls ? tlsOptions(this.#config.tls) : false;
    const client = new this.#pg.Client(clientConfig(this.#config, tls));
    const session = new PostgresSession(client);
    try {
      await client.connect();
      await client.query(this.#setUp);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }
}

/** With `prefer` and `allow` the other way is tried when the server has no TLS, or lets nobody in without. */
function wantsOtherTls(error: unknown): boolean {
  const { code, message } = packageError(error);
  return code === '28000' || /does not support SSL/i.test(message);
}

function clientConfig({ startup, ...config }: ServerConfig, ssl: TlsOptions | false): ClientConfig {
  const idle = startup['keepalives_idle'];
  return {
    ssl,
    types,
    keepAlive: startup['keepalives'] !== '0',
    ...(config.socket === null && config.host === null ? {} : { host: config.socket ?? config.host ?? '' }),
    ...(config.port === null ? {} : { port: config.port }),
    ...(config.user === null ? {} : { user: config.user }),
    ...(config.password === null ? {} : { password: config.password }),
    ...(config.database === null ? {} : { database: config.database }),
    connectionTimeoutMillis: config.connect_timeout,
    application_name: startup['application_name'] ?? startup['fallback_application_name'] ?? 'cinderlib-wasm',
    ...(startup['options'] === undefined ? {} : { options: startup['options'] }),
    ...(idle === undefined ? {} : { keepAliveInitialDelayMillis: Number(idle) }),
  };
}

/** What a session needs to be like, in one message. Numbers are ours, so that there is nothing to bind. */
function setUp({ startup, statement_timeout, lock_timeout }: ServerConfig, readOnly: boolean): string {
  const isSet = statement_timeout === null && (startup['options'] ?? '').includes('statement_timeout');
  return [
    `SET DateStyle = 'ISO, YMD'`,
    'SET standard_conforming_strings = on',
    // 0 means for ever here, and not at all elsewhere.
    `SET lock_timeout = ${Math.max(1, Math.round(waitable(lock_timeout)))}`,
    ...(isSet ? [] : [`SET statement_timeout = ${Math.round(waitable(statement_timeout ?? usualStatementTimeout))}`]),
    ...(readOnly ? ['SET default_transaction_read_only = on'] : []),
  ].join('; ');
}

/** PostgreSQL's numbers of its types. */
const oid = { bool: 16, int8: 20, int2: 21, int4: 23 };

/** Everything but booleans and integers stays text: times have microseconds, which `Date` has not. */
const types: CustomTypesConfig = {
  getTypeParser(type: number) {
    switch (type) {
      case oid.bool:
        return (text: string) => text === 't';
      case oid.int2:
      case oid.int4:
        return Number;
      case oid.int8:
        return safeInteger;
      default:
        return (text: string) => text;
    }
  },
} as CustomTypesConfig;

class PostgresSession extends SocketSession implements ServerSession {
  readonly #client: Client;

  constructor(client: Client) {
    super(client);
    this.#client = client;
  }

  async all(sql: string, parameters: SqlParameters): Promise<RowSet> {
    const { fields, rows } = await this.#query(sql, parameters);
    return { columns: fields.map(({ name }) => name), rows };
  }

  async run(sql: string, parameters: SqlParameters): Promise<number> {
    const { rowCount, command } = await this.#query(sql, parameters);
    // A transaction in which a statement failed is undone instead, and that is no error to the server.
    if (sql === 'COMMIT' && command === 'ROLLBACK') {
      throw new DatabaseError('The server has undone the transaction, in which a statement had failed.');
    }
    return rowCount ?? 0;
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  #query(sql: string, parameters: SqlParameters): Promise<QueryArrayResult<SqlValue[]>> {
    return this.#client.query<SqlValue[]>({
      text: numbered(sql),
      values: parameters.map((value) => (value === null ? null : String(value))),
      rowMode: 'array',
    });
  }
}

/** `?` in a statement, but not in a text or a name, as PostgreSQL numbers them. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (part) => (part === '?' ? `$${++count}` : part));
}
