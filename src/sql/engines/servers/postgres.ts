/** PostgreSQL, and servers that speak its protocol, through the package `pg`: the only file that knows it. */
import type { Client, ClientConfig, CustomTypesConfig, QueryArrayResult } from 'pg';
import { integerOf } from '../../../cinder/python-int.ts';
import { DatabaseError } from '../../../errors/index.ts';
import type { RowSet, ServerConfig, SqlValue } from '../../../rpc/contract.ts';
import { waitable } from '../../../runtime.ts';
import type { SqlParameters } from '../../engine.ts';
import { optionalPackage } from './optional-package.ts';
import { postgresFault } from './postgres-errors.ts';
import { openServer, type ServerEngine, usualStatementTimeout } from './server.ts';
import type { Fault, ServerDriver, ServerFacts, ServerSession } from './server-driver.ts';
import { packageError } from './server-errors.ts';
import { SocketSession } from './socket-session.ts';
import { TlsAttempts, type TlsOptions, tlsOptions } from './tls.ts';

type Package = typeof import('pg');

/** @throws {PackageMissing | AccessDenied | DatabaseUnavailable | InvalidUrl} */
export async function openPostgres(config: ServerConfig, readOnly: boolean): Promise<ServerEngine> {
  const pg = await optionalPackage<Package>('pg', '8');
  return openServer(new PostgresDriver(pg, config, readOnly), config, readOnly);
}

class PostgresDriver implements ServerDriver {
  readonly dialect = 'postgresql';
  readonly beginWriting = ['BEGIN ISOLATION LEVEL READ COMMITTED'];
  readonly beginReading = ['BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY'];
  readonly sizeQuery = 'SELECT pg_database_size(current_database())';
  readonly statementTimeout: number | null;
  readonly #pg: Package;
  readonly #config: ServerConfig;
  readonly #setUp: string;
  readonly #attempts: TlsAttempts;

  constructor(pg: Package, config: ServerConfig, readOnly: boolean) {
    // Do not shorten a limit that the URL sets on the server itself.
    const isLimited = config.startup['options']?.includes('statement_timeout') ?? false;
    this.statementTimeout = config.statement_timeout ?? (isLimited ? null : usualStatementTimeout);
    this.#pg = pg;
    this.#config = config;
    this.#attempts = new TlsAttempts(config.tls.mode);
    this.#setUp = setUp(config.lock_timeout, this.statementTimeout, readOnly);
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

  fault(error: unknown, sql: string | null): Fault {
    return postgresFault(error, sql, this.#config, this.statementTimeout);
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

/** With `prefer` and `allow` the other way is tried when the server has no TLS, or admits nobody without it. */
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

/** The settings of a session, as one message. The numbers are our own, so that nothing needs binding. */
function setUp(lockTimeout: number, timeout: number | null, readOnly: boolean): string {
  return [
    `SET DateStyle = 'ISO, YMD'`,
    'SET standard_conforming_strings = on',
    // 0 means no limit here, but no waiting elsewhere.
    `SET lock_timeout = ${Math.max(1, Math.round(waitable(lockTimeout)))}`,
    ...(timeout === null ? [] : [`SET statement_timeout = ${Math.round(waitable(timeout))}`]),
    ...(readOnly ? ['SET default_transaction_read_only = on'] : []),
  ].join('; ');
}

/** PostgreSQL's type OIDs. */
const oid = { bool: 16, int8: 20, int2: 21, int4: 23 };

/** Everything but booleans and integers stays text: `Date` would lose the microseconds of times. */
const types: CustomTypesConfig = {
  getTypeParser(type: number) {
    switch (type) {
      case oid.bool:
        return (text: string) => text === 't';
      case oid.int2:
      case oid.int4:
        return Number;
      case oid.int8:
        return integerOf;
      default:
        return (text: string) => text;
    }
  },
} as CustomTypesConfig;

/** How many statements a connection keeps prepared: each takes memory of the server. */
const mostPrepared = 20;

class PostgresSession extends SocketSession implements ServerSession {
  readonly #client: Client;
  /** Multi-row INSERTs, by their text: parsing one takes the server longer than running it. */
  readonly #prepared = new Map<string, { readonly name: string; readonly text: string }>();

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
    // After a failed statement the server rolls back instead, and reports no error.
    if (sql === 'COMMIT' && command === 'ROLLBACK') {
      throw new DatabaseError('The server rolled the transaction back, since a statement in it had failed.');
    }
    return rowCount ?? 0;
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  #query(sql: string, parameters: SqlParameters): Promise<QueryArrayResult<SqlValue[]>> {
    return this.#client.query<SqlValue[]>({
      ...this.#statement(sql),
      values: parameters.map((value) => (value === null ? null : String(value))),
      rowMode: 'array',
    });
  }

  #statement(sql: string): { readonly name?: string; readonly text: string } {
    const prepared = this.#prepared.get(sql);
    if (prepared !== undefined) return prepared;
    const text = numbered(sql);
    if (!manyRows.test(sql) || this.#prepared.size >= mostPrepared) return { text };
    const statement = { name: `cinderlib ${this.#prepared.size + 1}`, text };
    this.#prepared.set(sql, statement);
    return statement;
  }
}

const manyRows = /^INSERT INTO \w+ \([^)]*\) VALUES \([^)]*\), /;

/** Turns the `?` of a statement, but not those in literals and names, into PostgreSQL's numbered placeholders. */
function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (part) => (part === '?' ? `$${++count}` : part));
}
