/** What the errors of all servers have in common: network and TLS failures, and the wording of messages. */
import {
  AccessDenied,
  DatabaseError,
  DatabaseLocked,
  DatabaseUnavailable,
  DuplicateEntry,
  isCinderlibError,
  ReadOnly,
  StorageFailure,
  ValueError,
} from '../../../errors/index.ts';
import type { ServerConfig } from '../../../rpc/contract.ts';
import { shownSql } from '../shown-sql.ts';
import type { Fault } from './server-driver.ts';

/** The properties of a package's error that are used; each may be missing. */
export interface PackageError {
  readonly message: string;
  readonly code: string;
  readonly errno: number;
}

export function packageError(error: unknown): PackageError {
  const { message = '', code = '', errno = 0 } = (error ?? {}) as Partial<PackageError>;
  return { message: String(message), code: String(code), errno: Number(errno) };
}

/**
 * The fault behind a package's error.
 *
 * @param meaning interprets the server's own code; null when it means nothing special
 */
export function serverFault(
  error: unknown,
  sql: string | null,
  name: string,
  meaning: (said: PackageError) => Fault | null,
): Fault {
  if (isCinderlibError(error)) return { kind: error instanceof DatabaseUnavailable ? 'lost' : 'refused', error };
  const said = packageError(error);
  const fault = meaning(said);
  if (fault !== null) return fault;
  // Before the first statement only connecting can fail.
  if (isNetworkError(said) || isTlsError(said) || sql === null) return lost(name, said);
  return refused(new DatabaseError(`${said.message}: ${shownSql(sql)}`, { cause: plainCause(said) }));
}

/** The system's codes for a server that cannot be reached, or no longer can. */
const network =
  /^(PROTOCOL_|E(CONN|NETUNREACH|HOST|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN|ADDR|NOENT|ACCES)|UND_ERR|Connection(Refused|Reset|Closed))/;

function isNetworkError({ code, message }: PackageError): boolean {
  return network.test(code) || /connection (terminated|lost|closed|ended|is closed)|socket|closed state/i.test(message);
}

/** TLS errors, as Node, Deno and Bun name them. */
function isTlsError({ code, message }: PackageError): boolean {
  return (
    /^(ERR_(TLS|SSL|OSSL)|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|HANDSHAKE_(NO_)?SSL)|CERTIFICATE/.test(code) ||
    /certificate|SSL connection/i.test(message)
  );
}

/** The server is not there, or went away: the statement has no effect, unless it was a COMMIT. */
export function lost(name: string, error: PackageError): Fault {
  const reason =
    error.code === '' || error.message.includes(error.code) ? error.message : `${error.code} ${error.message}`;
  const message = `Cannot reach ${name}: ${reason || 'the connection has ended'}.${hint(error)}`;
  return { kind: 'lost', error: new DatabaseUnavailable(message, name, { cause: plainCause(error) }) };
}

function hint(error: PackageError): string {
  if (isTlsError(error)) return " Check the URL's TLS options.";
  const unresolved = /getaddrinfo EPERM (\S+)/.exec(error.message)?.[1];
  if (unresolved !== undefined) return ` On Deno, allow its name: --allow-net=${unresolved}.`;
  // Deno's own message says which flag is missing.
  return error.message.includes('--allow-net') ? '' : ' Is the server running, and is its address right?';
}

export function conflict(name: string, error: PackageError): Fault {
  const message = `${name}: other transactions kept changing the same rows (${error.message}). Nothing was changed. Try again.`;
  return { kind: 'conflict', error: new DatabaseLocked(message) };
}

export function locked(name: string, timeout: number): Fault {
  const message =
    `${name}: another program has locked a row for longer than ${timeout} ms. Nothing was changed. ` +
    'Try again, or raise busy_timeout.';
  return { kind: 'refused', error: new DatabaseLocked(message) };
}

/** @param timeout null: the URL sets it on the server itself */
export function timedOut(timeout: number | null, sql: string | null): Fault {
  const limit = timeout === null ? 'the URL allows' : `${timeout} ms`;
  const message =
    `The server cancelled a statement that took longer than ${limit}: ${shownSql(sql ?? '')}. ` +
    'Nothing was changed. Raise statement_timeout if it needs longer.';
  return { kind: 'timeout', error: new DatabaseError(message) };
}

export function denied(name: string, error: PackageError, hint = ''): Fault {
  const advice = `Check user, password and privileges.${hint}`;
  const message = `${name} refuses the user: ${error.message}. Nothing was changed. ${advice}`;
  return refused(new AccessDenied(message, name, { cause: plainCause(error) }));
}

/** PostgreSQL's package looks for a password in three places. */
export function withoutPassword(name: string, error: PackageError): Fault {
  const hint =
    ' It can be in the URL, in PGPASSWORD, or in ~/.pgpass, which only its owner may be able to read (mode 600).';
  return denied(name, { ...error, message: 'it asks for a password, and none was found' }, hint);
}

/** A server that demands TLS says no more than it does for a wrong password. */
export function notAdmitted({ name, tls }: ServerConfig, error: PackageError): Fault {
  const isPlain = tls.mode === null || tls.mode === 'disable';
  return denied(name, error, isPlain ? ' The server may require TLS, which the URL does not enable.' : '');
}

export function duplicate(name: string, { message }: PackageError): Fault {
  return { kind: 'duplicate', error: new DuplicateEntry(`${name} already has such a row: ${message}.`) };
}

export function unfitting(name: string, { message }: PackageError): Fault {
  return refused(new ValueError(`A value cannot be stored in ${name}: ${message}. Nothing was changed.`));
}

export function noChanges(name: string, { message }: PackageError): Fault {
  return refused(new ReadOnly(name, `${name} accepts no changes now: ${message}.`));
}

export function noDatabase(name: string, { message }: PackageError): Fault {
  return refused(new DatabaseUnavailable(`${name}: ${message}. Create it first: CREATE DATABASE.`, name));
}

export function diskFull(name: string, { message }: PackageError): Fault {
  return refused(new StorageFailure(`The disk of ${name} is full: ${message}. Nothing was changed.`, name, 'ENOSPC'));
}

export function refused(error: Fault['error']): Fault {
  return { kind: 'refused', error };
}

/** The package's own error holds the statement, and more of the rows than a message may show. */
function plainCause({ message, code }: PackageError): Error {
  return Object.assign(new Error(message), code === '' ? {} : { code });
}
