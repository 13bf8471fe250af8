/**
 * Migrates many volumes, each with a metadata key and a snapshot, from SQLite to each kind of database. The peer is the
 * database's own client reading the same rows as SQL text: as fast as rows can be inserted without `COPY`.
 *
 * CINDERLIB_BENCH_VOLUMES=5000 for fewer than 100,000.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type ServerKind, startServer, type TestServer } from '../test/support/servers.ts';
import { manyVolumes, manyVolumesAsSql, rowsOfInsert } from './many-volumes.ts';
import { compared, type Figure, onDisk } from './measure.ts';
import { emptyDatabase } from './peer.ts';

const count = Number(process.env['CINDERLIB_BENCH_VOLUMES'] ?? 100_000);
/** Volumes and snapshots; metadata is not counted. */
const objects = 2 * count;
const names = { mysql: 'MariaDB', postgresql: 'PostgreSQL' } as const;
const clients = { mysql: 'mariadb', postgresql: 'psql' } as const;

interface Migrated {
  readonly seconds: number;
  /** The peak memory of the process, including its workers, in megabytes. */
  readonly peak: number;
}

export async function migration(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const source = `sqlite:///${join(folder, 'source.sqlite')}`;
    await manyVolumes(join(folder, 'source.sqlite'), count);
    const figures: Figure[] = [];
    for (const kind of ['postgresql', 'mysql'] as const) {
      const server = await startServer(kind, { durable: true });
      try {
        figures.push(...(await toServer(kind, server, source)));
      } finally {
        await server.stop();
      }
    }
    return [...figures, ...(await toFile(folder, source))];
  });
}

async function toServer(kind: ServerKind, server: TestServer, source: string): Promise<Figure[]> {
  const connection = await server.createDatabase();
  await emptyDatabase(connection);
  const mode = kind === 'mysql' ? "SET sql_mode = 'ANSI_QUOTES';\n" : '';
  const bulk = seconds((text) => server.sql(mode + text, new URL(connection).pathname.slice(1)));
  const carried = migrated(source, await server.createDatabase(), false);
  const verified = migrated(source, await server.createDatabase(), true);
  return figuresOf(names[kind], clients[kind], bulk, carried, verified);
}

async function toFile(folder: string, source: string): Promise<Figure[]> {
  const path = (name: string): string => join(folder, `${name}.sqlite`);
  await emptyDatabase(`sqlite:///${path('peer')}`);
  const bulk = seconds((input) => void execFileSync('sqlite3', ['-bail', path('peer')], { input }));
  const carried = migrated(source, `sqlite:///${path('carried')}`, false);
  const verified = migrated(source, `sqlite:///${path('verified')}`, true);
  return figuresOf('SQLite', 'sqlite3', bulk, carried, verified);
}

function figuresOf(target: string, client: string, bulk: number, carried: Migrated, verified: Migrated): Figure[] {
  const figure = (run: Migrated, how: string): Figure => {
    const what = `migrate ${count.toLocaleString('en')} volumes with snapshots, SQLite to ${target}`;
    return compared(`${what}, ${how}; peak ${run.peak} MB`, 'objects/s', objects / run.seconds, objects / bulk);
  };
  return [
    figure(carried, `not verified (${client}, INSERTs of ${rowsOfInsert} rows)`),
    figure(verified, 'verified (the same peer)'),
  ];
}

/** How many seconds a client takes for the same rows. */
function seconds(insert: (text: string) => unknown): number {
  const text = [...manyVolumesAsSql(count)].join('');
  const start = performance.now();
  insert(text);
  return (performance.now() - start) / 1000;
}

/** Runs a migration in its own process, so that its memory can be measured alone. */
function migrated(from: string, to: string, verify: boolean): Migrated {
  const [source, target] = [from, to].map((connection) => JSON.stringify({ storage: 'db', connection }));
  const program =
    "import { migrate } from 'cinderlib-wasm'; const start = performance.now();" +
    `const { volumes, snapshots, differences } = await migrate(${source}, ${target}, { verify: ${verify} });` +
    `if (volumes !== ${count} || snapshots !== ${count} || differences.length > 0) throw new Error('Not all of it.');` +
    'const seconds = (performance.now() - start) / 1000;' +
    'console.log(JSON.stringify({ seconds, peak: Math.round(process.resourceUsage().maxRSS / 1024) }));';
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Migrated;
}
