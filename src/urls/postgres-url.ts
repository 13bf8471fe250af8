/** The options that the URL of a PostgreSQL database may have: those of libpq, and so of Python's psycopg. */
import { InvalidUrl } from '../errors/index.ts';
import type { TlsMode } from '../rpc/contract.ts';
import { flag, idle, type OptionReaders, port, type ServerUrl, seconds, tls } from './url-options.ts';

const modes: readonly TlsMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** A host name, or the directory of a Unix socket. */
function host(value: string): Partial<ServerUrl> {
  if (value.includes(',')) throw new InvalidUrl('names several hosts; one server is used');
  if (value.startsWith('/')) return { socket: value };
  const [, name = value, number] = /^([^:]*):(\d+)$/.exec(value) ?? [];
  return number === undefined ? { host: name } : { host: name, port: Number(number) };
}

function sslmode(value: string): Partial<ServerUrl> {
  const mode = modes.find((known) => known === value);
  if (mode !== undefined) return tls({ mode });
  throw new InvalidUrl(`must be one of ${modes.join(', ')}, not ${JSON.stringify(value)}`);
}

export const postgresOptions: OptionReaders = {
  host,
  hostaddr: host,
  port,
  user: (user) => ({ user }),
  password: (password) => ({ password }),
  dbname: (database) => ({ database }),
  database: (database) => ({ database }),
  // The encoding on the wire, not in storage.
  client_encoding: idle('utf8', 'utf-8', 'unicode', 'auto'),
  connect_timeout: (value) => ({ connect_timeout: seconds(value) }),
  application_name: (application_name) => ({ startup: { application_name } }),
  fallback_application_name: (fallback_application_name) => ({ startup: { fallback_application_name } }),
  options: (options) => ({ startup: { options } }),
  keepalives: (value) => ({ startup: { keepalives: flag(value) ? '1' : '0' } }),
  keepalives_idle: (value) => ({ startup: { keepalives_idle: String(seconds(value)) } }),
  sslmode,
  // The name and the values that other Python drivers use.
  ssl: (value) =>
    modes.some((mode) => mode === value) ? sslmode(value) : tls({ mode: flag(value) ? 'require' : 'disable' }),
  sslrootcert: (ca) => tls({ ca }),
  sslcert: (cert) => tls({ cert }),
  sslkey: (key) => tls({ key }),
  sslpassword: (passphrase) => tls({ passphrase }),
  ssl_min_protocol_version: (min_version) => tls({ min_version }),
  ssl_max_protocol_version: (max_version) => tls({ max_version }),
  sslcompression: idle('0'),
  sslsni: idle('1'),
  gssencmode: idle('disable', 'prefer'),
  channel_binding: idle('disable', 'prefer'),
  target_session_attrs: idle('any'),
};
