/**
 * Starts private MariaDB and PostgreSQL servers, each on a free loopback port with its own temporary folder.
 *
 * A URL in CINDERLIB_TEST_MYSQL_URL or CINDERLIB_TEST_POSTGRES_URL names a server to use instead, whose user must be
 * allowed to create databases; tests that kill servers always start their own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Certificate } from './certificates.ts';

export type ServerKind = 'mysql' | 'postgresql';

export interface TestServer {
  readonly kind: ServerKind;
  /** The URL of a database on that server, which need not exist. */
  url(database: string): string;
  /** Creates an empty database with a unique name, and returns its URL. */
  createDatabase(): Promise<string>;
  /** Runs one or more SQL statements with the server's own client; returns what it printed. */
  sql(text: string, database?: string): string;
  /** Kills the server, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, on the same port with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is no server of that kind here; null if there is one. */
export function missingServer(kind: ServerKind): string | null {
  if (overriding(kind) !== undefined || program(kind) !== null) return null;
  const name = kind === 'mysql' ? 'mariadb-server' : 'postgresql';
  return `missing: ${name}; as root on Debian, npm test installs it, or name a server in ${variable(kind)}`;
}

const variable = (kind: ServerKind): string => `CINDERLIB_TEST_${kind === 'mysql' ? 'MYSQL' : 'POSTGRES'}_URL`;
const overriding = (kind: ServerKind): string | undefined => process.env[variable(kind)];

interface Launch {
  readonly folder: string;
  readonly port: number;
  /** What it logs once it accepts connections, for servers that listen before they do. */
  readonly ready: string;
  start(): ChildProcess;
}

/** The settings of a private server. */
export interface ServerOptions {
  /** False trades the server's durability for speed: not for tests that kill it. */
  readonly durable?: boolean;
  /** Refuses connections without TLS. PostgreSQL's user `certified` needs a client certificate from that authority. */
  readonly tls?: { readonly authority: Certificate; readonly own: Certificate };
}

export async function startServer(kind: ServerKind, options: ServerOptions = {}): Promise<TestServer> {
  const override = overriding(kind);
  const isPrivate = options.durable === true || options.tls !== undefined;
  if (override !== undefined && !isPrivate) return remoteServer(kind, override);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startPrivate(kind, options);
    } catch (error) {
      // Another process may have taken the port after we found it free.
      if (attempt === 3) throw error;
    }
  }
}

async function startPrivate(kind: ServerKind, options: ServerOptions): Promise<TestServer> {
  // Socket paths are limited to about 107 bytes, so the folder is directly below the temporary folder.
  const folder = mkdtempSync(join(tmpdir(), kind === 'mysql' ? 'mdb-' : 'pg-'));
  try {
    const port = await freePort();
    const launch = kind === 'mysql' ? launchMariadb(folder, port, options) : launchPostgres(folder, port, options);
    let server = await started(launch);
    const user = kind === 'mysql' ? 'root' : 'test';
    return {
      ...client(kind, `${user}@127.0.0.1:${port}`, ''),
      async kill() {
        await end(server, 'SIGKILL');
      },
      async restart() {
        server = await started(launch);
      },
      async stop() {
        await end(server, kind === 'mysql' ? 'SIGTERM' : 'SIGINT');
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function launchMariadb(folder: string, port: number, { durable = false, tls }: ServerOptions): Launch {
  const own = isRoot ? ['--user=mysql'] : [];
  if (isRoot) chownSync(folder, ...idsOf('mysql'));
  // In the default temporary folder, a server that starts would remove the temporary tables of another that is running.
  const data = [`--datadir=${join(folder, 'd')}`, `--tmpdir=${folder}`];
  const installing = ['--auth-root-authentication-method=normal', '--skip-test-db'];
  execFileSync('mariadb-install-db', ['--no-defaults', ...data, ...installing, ...own], { stdio: 'pipe' });
  const fast = ['--innodb-flush-log-at-trx-commit=0', '--skip-innodb-doublewrite'];
  const options = [
    ...['--no-defaults', ...own, ...data, `--socket=${join(folder, 's')}`, `--pid-file=${join(folder, 'pid')}`],
    ...[`--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve'],
    ...['--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M', ...(durable ? [] : fast)],
    ...(tls === undefined ? [] : ['--require-secure-transport=ON', `--ssl-ca=${tls.authority.cert}`]),
    ...(tls === undefined
      ? []
      : [`--ssl-cert=${tls.own.cert}`, `--ssl-key=${keyFor(tls.own, folder, isRoot ? 'mysql' : null)}`]),
  ];
  const start = () => spawn(program('mysql') ?? '', options, { stdio: ['ignore', 'pipe', 'pipe'] });
  // Told to stop before it says so, it may hang forever.
  return { folder, port, ready: 'ready for connections', start };
}

function launchPostgres(folder: string, port: number, { durable = false, tls }: ServerOptions): Launch {
  const [uid, gid] = isRoot ? idsOf('postgres') : [];
  const as = { cwd: folder, ...(uid === undefined || gid === undefined ? {} : { uid, gid }) };
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const postgres = program('postgresql') ?? '';
  const data = ['-D', join(folder, 'd')];
  const installing = ['-U', 'test', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  execFileSync(join(postgres, '../initdb'), [...data, ...installing], { stdio: 'pipe', ...as });
  // Members of the role `secretive` need a password; the first matching line decides.
  const admissions = [
    'local all all trust',
    `host all +secretive ${loopback} scram-sha-256`,
    ...(tls === undefined ? [] : [`hostssl all certified ${loopback} cert`]),
    `${tls === undefined ? 'host' : 'hostssl'} all all ${loopback} trust`,
  ];
  writeFileSync(join(folder, 'd', 'pg_hba.conf'), `${admissions.join('\n')}\n`);
  const fast = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
  const options = [
    ...[...data, '-h', '127.0.0.1', '-p', String(port), '-k', folder],
    ...['-c', 'shared_buffers=32MB', '-c', 'max_connections=40', ...(durable ? [] : fast)],
    ...(tls === undefined ? [] : ['-c', 'ssl=on', '-c', `ssl_ca_file=${tls.authority.cert}`]),
    ...(tls === undefined ? [] : ['-c', `ssl_cert_file=${tls.own.cert}`]),
    ...(tls === undefined ? [] : ['-c', `ssl_key_file=${keyFor(tls.own, folder, isRoot ? 'postgres' : null)}`]),
  ];
  const start = () => spawn(postgres, options, { stdio: ['ignore', 'pipe', 'pipe'], ...as });
  return { folder, port, ready: 'ready to accept connections', start };
}

/** A copy of the key that only the server's user can read: PostgreSQL insists on that. */
function keyFor({ key }: Certificate, folder: string, user: string | null): string {
  const copy = join(folder, 'server.key');
  writeFileSync(copy, readFileSync(key), { mode: 0o600 });
  if (user !== null) chownSync(copy, ...idsOf(user));
  return copy;
}

/** Starts the server and waits until it accepts connections. */
async function started({ port, ready, start }: Launch): Promise<ChildProcess> {
  const child = start();
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      log = (log + String(data)).slice(-4000);
    });
  }
  const failed = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${log}`)));
    child.once('error', reject);
  });
  failed.catch(() => {});
  const deadline = Date.now() + 60_000;
  const isReady = async (): Promise<boolean> => log.includes(ready) && (await listens(port));
  while (!(await Promise.race([isReady(), failed]))) {
    if (Date.now() > deadline) throw new Error(`The server does not start: ${log}`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  child.kill(signal);
  await ended;
}

/** A server run by others: the databases created on it are dropped at the end. */
function remoteServer(kind: ServerKind, given: string): TestServer {
  const { host, username, password, search } = new URL(given);
  const secret = password === '' ? '' : `:${password}`;
  const { databases, ...others } = client(kind, `${username}${secret}@${host}`, search);
  const refuse = async (): Promise<never> => {
    throw new Error('A server that others run is not killed.');
  };
  return {
    ...others,
    databases,
    kill: refuse,
    restart: refuse,
    async stop() {
      for (const name of databases) others.sql(`DROP DATABASE ${name}`);
    },
  } as TestServer;
}

interface Client extends Pick<TestServer, 'kind' | 'url' | 'createDatabase' | 'sql'> {
  readonly databases: readonly string[];
}

/** The parts of a server that do not depend on who runs it. */
function client(kind: ServerKind, address: string, search: string): Client {
  const url = (database: string): string => `${kind}://${address}/${database}${search}`;
  const databases: string[] = [];
  const sql = (text: string, database = ''): string => {
    const { hostname, port, username, password } = new URL(`http://${address}`);
    const options = { input: text, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' } as const;
    if (kind === 'mysql') {
      const connection = ['-h', hostname, '-P', port || '3306', '-u', decodeURIComponent(username)];
      // Uses TLS if the server supports it, as `psql` does by default.
      const settings = [
        '--no-defaults',
        '--protocol=tcp',
        '--ssl',
        '--default-character-set=utf8mb4',
        '-N',
        '-r',
        '-B',
      ];
      const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) };
      const into = database === '' ? [] : [database];
      return execFileSync('mariadb', [...settings, ...connection, ...into], { ...options, env });
    }
    const connection = ['-h', hostname, '-p', port || '5432', '-U', decodeURIComponent(username)];
    const settings = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', database || 'postgres'];
    const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) };
    return execFileSync('psql', [...settings, ...connection], { ...options, env });
  };
  return {
    kind,
    url,
    databases,
    sql,
    async createDatabase() {
      const name = `cl_${process.pid}_${crypto.randomUUID().slice(0, 8)}`;
      sql(`CREATE DATABASE ${name}`);
      databases.push(name);
      return url(name);
    },
  };
}

const loopback = '127.0.0.1/32';
const isRoot = process.getuid?.() === 0;

/** The server's program; null if it is not installed. */
function program(kind: ServerKind): string | null {
  const folders = [...debianFolders(), ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  const name = kind === 'mysql' ? 'mariadbd' : 'postgres';
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** The folders in which Debian installs PostgreSQL, newest first. */
function debianFolders(): readonly string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin'));
}

/** The numeric ids of a user and its group. */
function idsOf(user: string): [uid: number, gid: number] {
  const line = readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, 'm'));
  if (line === null) throw new Error(`There is no user ${user}.`);
  return [Number(line[1]), Number(line[2])];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port.');
  return address.port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
