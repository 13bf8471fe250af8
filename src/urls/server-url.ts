/** Turns the URL of a server's database into the settings of its connections: every option is honoured or refused. */
import { InvalidUrl } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import type { ServerConfig, TlsMode } from '../rpc/contract.ts';
import { type DatabaseUrl, parseDatabaseUrl, shownUrl } from './database-url.ts';
import { mysqlOptions } from './mysql-url.ts';
import { postgresOptions } from './postgres-url.ts';
import type { OptionReader, OptionReaders, ServerUrl } from './url-options.ts';

const readers: Readonly<Record<ServerConfig['dialect'], OptionReaders>> = {
  mysql: mysqlOptions,
  postgresql: postgresOptions,
};

/** The defaults of libpq, which tries TLS, and of PyMySQL, which does not. */
const usualTls: Readonly<Record<ServerConfig['dialect'], TlsMode>> = { mysql: 'disable', postgresql: 'prefer' };

/**
 * The server and database that a URL names, unless it is one of SQLite's.
 *
 * @throws {InvalidUrl} when it is not a URL, or has an option that cannot be honoured
 */
export function serverOf(connection: string): Omit<ServerConfig, 'lock_timeout'> {
  const url = parseDatabaseUrl(connection);
  // SQLAlchemy's way of parsing would leave the rest of such a password in the host, for all to see.
  if (url.host?.includes('@')) {
    throw new InvalidUrl(
      `${shownUrl(connection)} has several @; the first ends the password. Write %40 for an @ in the password.`,
    );
  }
  const dialect = url.scheme === 'postgresql' ? 'postgresql' : 'mysql';
  const config = withOptions(dialect, url, connection);
  if ((config.port ?? 0) > 65_535) {
    throw new InvalidUrl(`The port of ${shownUrl(connection)} is no number up to 65535. Leave it out or correct it.`);
  }
  if (dialect === 'mysql' && !config.database) {
    throw new InvalidUrl(`${shownUrl(connection)} names no database. Write one: ${url.scheme}://user@host/database.`);
  }
  return { ...config, name: nameOf(config) };
}

function withOptions(dialect: ServerConfig['dialect'], url: DatabaseUrl, connection: string): ServerUrl {
  let config: ServerUrl = {
    dialect,
    host: url.host,
    port: url.port,
    socket: null,
    user: url.username,
    password: url.password,
    database: url.database || null,
    tls: noTls,
    connect_timeout: 10_000,
    statement_timeout: null,
    startup: {},
  };
  for (const [name, values] of url.query) {
    const [value = '', second] = values;
    if (second !== undefined) throw refused(connection, name, 'is given more than once; one server is used');
    const read = Object.hasOwn(readers[dialect], name) ? readers[dialect][name] : undefined;
    if (read === undefined) {
      const known = Object.keys(readers[dialect]);
      throw refused(connection, name, `is not available.${didYouMean(name, known)} Available: ${known.join(', ')}`);
    }
    const { tls, startup, ...others } = readOption(read, value, connection, name);
    const merged = { tls: { ...config.tls, ...tls }, startup: { ...config.startup, ...startup } };
    config = { ...config, ...others, ...merged };
  }
  return { ...config, tls: decided(config, usualTls[dialect], connection) };
}

const noTls: ServerConfig['tls'] = {
  mode: null,
  ca: null,
  cert: null,
  key: null,
  passphrase: null,
  ciphers: null,
  min_version: null,
  max_version: null,
};

function readOption(read: OptionReader, value: string, connection: string, name: string): Partial<ServerUrl> {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof InvalidUrl) throw refused(connection, name, error.message);
    throw error;
  }
}

/** A file of CA certificates asks for verification: in libpq of the certificate alone, in PyMySQL of the host too. */
function decided({ tls, dialect, socket }: ServerUrl, usual: TlsMode, connection: string): ServerConfig['tls'] {
  const files = [tls.ca, tls.cert, tls.key, tls.ciphers].some((file) => file !== null);
  if (tls.mode === 'disable' && files) {
    throw refused(connection, 'TLS', 'is switched off by one option and configured by another. Leave one of them out');
  }
  // A Unix socket does not leave the machine, and libpq uses no TLS on it.
  if (socket !== null && dialect === 'postgresql') return { ...tls, mode: 'disable' };
  if (dialect === 'postgresql') {
    const checksAnyway = tls.mode === 'require' && tls.ca !== null;
    return { ...tls, mode: checksAnyway ? 'verify-ca' : (tls.mode ?? usual) };
  }
  return { ...tls, mode: tls.mode ?? (tls.ca === null ? (files ? 'require' : usual) : 'verify-full') };
}

function refused(connection: string, option: string, reason: string): InvalidUrl {
  return new InvalidUrl(`The option ${option} of ${shownUrl(connection)} ${reason}.`);
}

/** Server and database for messages: without the password, and without parts that are not given. */
function nameOf({ dialect, host, port, socket, user, database }: ServerUrl): string {
  const place =
    socket ?? `${host?.includes(':') ? `[${host}]` : (host ?? 'localhost')}${port === null ? '' : `:${port}`}`;
  return `${dialect}://${user === null ? '' : `${user}@`}${place}/${database ?? ''}`;
}
