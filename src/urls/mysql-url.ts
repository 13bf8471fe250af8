/** The options that the URL of a MySQL or MariaDB database may have: those of Python's PyMySQL and mysqlclient. */
import { InvalidUrl } from '../errors/index.ts';
import type { TlsMode } from '../rpc/contract.ts';
import { flag, idle, type OptionReaders, port, seconds, tls } from './url-options.ts';

const modes: Readonly<Record<string, TlsMode>> = {
  DISABLED: 'disable',
  PREFERRED: 'prefer',
  REQUIRED: 'require',
  VERIFY_CA: 'verify-ca',
  VERIFY_IDENTITY: 'verify-full',
};

export const mysqlOptions: OptionReaders = {
  host: (host) => ({ host }),
  port,
  user: (user) => ({ user }),
  password: (password) => ({ password }),
  passwd: (password) => ({ password }),
  database: (database) => ({ database }),
  db: (database) => ({ database }),
  unix_socket: (socket) => ({ socket }),
  // The encoding on the wire, not in storage: ours is utf8mb4, which has every character of the others.
  charset: idle('utf8', 'utf8mb3', 'utf8mb4'),
  use_unicode: idle('1', 'true'),
  local_infile: idle('0', 'false'),
  connect_timeout: (value) => ({ connect_timeout: seconds(value) }),
  read_timeout: (value) => ({ statement_timeout: seconds(value) }),
  write_timeout: (value) => ({ statement_timeout: seconds(value) }),
  init_command: (init_command) => ({ startup: { init_command } }),
  ssl: (value) => tls({ mode: flag(value) ? 'require' : 'disable' }),
  ssl_mode(value) {
    const mode = modes[value.toUpperCase()];
    if (mode !== undefined) return tls({ mode });
    throw new InvalidUrl(`must be one of ${Object.keys(modes).join(', ')}, not ${JSON.stringify(value)}`);
  },
  ssl_disabled: (value) => tls(flag(value) ? { mode: 'disable' } : {}),
  ssl_ca: (ca) => tls({ ca }),
  ssl_cert: (cert) => tls({ cert }),
  ssl_key: (key) => tls({ key }),
  ssl_key_password: (passphrase) => tls({ passphrase }),
  ssl_cipher: (ciphers) => tls({ ciphers }),
  ssl_verify_cert: (value) => tls({ mode: flag(value) ? 'verify-ca' : 'require' }),
  ssl_check_hostname: (value) => tls({ mode: flag(value) ? 'verify-full' : 'verify-ca' }),
  ssl_verify_identity: (value) => tls({ mode: flag(value) ? 'verify-full' : 'verify-ca' }),
};
