/**
 * SQLAlchemy's database URLs. They are not URLs as the platform's parser knows them: the path of SQLite is
 * not percent-decoded, a host may be missing, and `sqlite:////a` is a different file from `sqlite:///a`.
 */
import { InvalidUrl } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';

export interface DatabaseUrl {
  /** The kind of database: `sqlite`, `mysql`, `mariadb` or `postgresql`. */
  readonly scheme: string;
  /** What follows `+`: the name of a Python module, which means nothing here. */
  readonly driver: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  /** Every value of each name, in order. */
  readonly query: ReadonlyMap<string, readonly string[]>;
}

const known = ['sqlite', 'mysql', 'mariadb', 'postgresql'];
/** Databases of SQLAlchemy that Cinder never used: their names are close to ours, but not misspellings of them. */
const foreign = ['mssql', 'oracle'];

const pattern = new RegExp(
  '^(?<name>[\\w+]+)://' +
    '(?:(?<username>[^:/]*)(?::(?<password>[^@]*))?@)?' +
    '(?:(?:\\[(?<ipv6host>[^/?]+)\\]|(?<ipv4host>[^/:?]+))?(?::(?<port>[^/?]*))?)?' +
    '(?:/(?<database>[^?]*))?(?:\\?(?<query>.*))?$',
);

/** What can only be a path: it has no place for a password. */
const plainPath = /^(?!.*\/\/)[\w./~ +-]+$/;

/** Options of Python's sqlite3 module that tune its own handle and change nothing that is stored. */
const idleSqliteOptions = ['check_same_thread', 'cached_statements'];

/**
 * The path of the database that a SQLite URL names; null for a database in memory.
 *
 * @throws {InvalidUrl} when it is not a URL, or not one that this version can open
 */
export function sqlitePath(connection: string): string | null {
  const url = parseDatabaseUrl(connection);
  if (url.scheme !== 'sqlite') {
    throw new InvalidUrl(`${shownUrl(connection)} is not the URL of a sqlite database. Use sqlite:///path.`);
  }
  if (url.username !== null || url.password !== null || url.host !== null || url.port !== null) {
    throw new InvalidUrl(
      `A sqlite URL has no user, host or port, but ${shownUrl(connection)} has: ` +
        'write sqlite:///relative/path, sqlite:////absolute/path, or sqlite:// for a database in memory.',
    );
  }
  for (const option of url.query.keys()) {
    if (idleSqliteOptions.includes(option)) continue;
    throw new InvalidUrl(
      `The sqlite URL ${shownUrl(connection)} has the option ${JSON.stringify(option)}, which is not available. ` +
        'Leave it out.',
    );
  }
  return url.database === null || url.database === '' || url.database === ':memory:' ? null : url.database;
}

/** Whether a URL is for SQLite. */
export function isSqliteUrl(connection: string): boolean {
  return parseDatabaseUrl(connection).scheme === 'sqlite';
}

/** Parses a URL as SQLAlchemy 1.4 does. */
export function parseDatabaseUrl(connection: string): DatabaseUrl {
  const parts = pattern.exec(connection)?.groups;
  if (parts === undefined) {
    const advice = plainPath.test(connection)
      ? `If it is the path of a file, write sqlite:///${connection}`
      : 'Write one such as sqlite:///path or sqlite:// (in memory)';
    throw new InvalidUrl(`${shownUrl(connection)} is not a database URL. ${advice}.`);
  }
  const [scheme = '', driver] = (parts['name'] ?? '').split(/\+(.*)/);
  if (!known.includes(scheme)) {
    const hint = foreign.includes(scheme) ? '' : didYouMean(scheme, known);
    throw new InvalidUrl(
      `${shownUrl(connection)} names an unknown database, ${scheme}.${hint} Use sqlite:///path, ` +
        'mysql://user@host/database or postgresql://user@host/database.',
    );
  }
  return {
    scheme,
    driver: driver ?? null,
    username: decoded(parts['username']),
    password: decoded(parts['password']),
    host: parts['ipv4host'] ?? parts['ipv6host'] ?? null,
    port: parsePort(parts['port'], connection),
    database: parts['database'] ?? null,
    query: parseQuery(parts['query'] ?? ''),
  };
}

function parsePort(port: string | undefined, connection: string): number | null {
  if (port === undefined) return null;
  if (/^\d+$/.test(port)) return Number(port);
  throw new InvalidUrl(`The port of ${shownUrl(connection)} is not a number. Leave it out or write digits.`);
}

/** The pairs of `a=1&b=2`; a name without a value, which Python drops, is kept so that it can be refused. */
function parseQuery(query: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const [name = '', value = ''] = part.split(/=(.*)/).map((text) => decoded(text.replaceAll('+', ' ')) ?? '');
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

/** Percent escapes are UTF-8; anything else stays as it is, and invalid bytes become U+FFFD, as in Python. */
function decoded(text: string | undefined): string | null {
  if (text === undefined) return null;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    const bytes = escapes.slice(1).split('%');
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes, (hex) => parseInt(hex, 16)));
  });
}

/** A URL, or what was meant as one, for a message: without any password, whatever form it has. */
export function shownUrl(connection: string): string {
  const [, start = '', rest = ''] = /^([\w+.-]*:?\/\/|)(.*)$/s.exec(connection) ?? [];
  const isPath = /^sqlite/i.test(start) ? rest.startsWith('/') : start === '' && onDrive.test(rest);
  const at = isPath ? -1 : rest.lastIndexOf('@');
  const [userinfo, others] = at < 0 ? ['', rest] : [rest.slice(0, at), rest.slice(at)];
  const isFile = start === '' && at < 0 && /^file:/i.test(rest);
  const address = isPath || isFile ? others : withoutStrangePort(others);
  return `${start}${userinfo.replace(/:.*$/s, ':***')}${address}`.replace(secretOption, '$1***');
}

/** A Windows path, whose drive is not a host with a port. */
const onDrive = /^[a-z]:[\\/]/i;

/**
 * Passwords given as an option, in a query or in the style of a data source name, and keys such as SQLCipher's; `sslkey` and
 * `ssl_key` name files.
 */
const secretOption =
  /((?:^|[?&;\s])[^=?&;\s]*(?:pass|pwd|secret|token|credential|(?<!ssl_?)key(?=\s*=))[^=?&;\s]*\s*=\s*)(?:'(?:[^'\\]|\\.)*'|(?:(?!\s+[^=?&;\s]+\s*=)[^&;])*)/gi;

/** In a text without `@`, a port that is not a number may be a password. */
function withoutStrangePort(address: string): string {
  return address.replace(/^([^@[:/?][^:/?]*:)(?!\d*(?:[/?]|$))[^/?]*/, '$1***');
}
