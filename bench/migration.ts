/**
 * Migrating many volumes, each with a key of metadata and a snapshot, from SQLite to a server: against the server's own
 * client that is given the same rows as text, which is as fast as rows come in without `COPY`.
 *
 * CINDERLIB_BENCH_VOLUMES=5000 for fewer than 100,000.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { type ServerKind, startServer, type TestServer } from '../test/support/servers.ts';
import { manyVolumes, manyVolumesAsSql } from './many-volumes.ts';
import { compared, type Figure, onDisk } from './measure.ts';

const count = Number(process.env['CINDERLIB_BENCH_VOLUMES'] ?? 100_000);
const names = { mysql: 'MariaDB', postgresql: 'PostgreSQL' } as const;
const clients = { mysql: 'mariadb', postgresql: 'psql' } as const;

interface Migrated {
  readonly seconds: number;
  /** The most memory that the process had, with its workers, in megabytes. */
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
    const file = migrated(source, `sqlite:///${join(folder, 'target.sqlite')}`, true);
    const peer = (2 * count) / file.seconds;
    figures.push(compared(title('SQLite', file, 'verified (itself)'), 'objects/s', peer, peer));
    return figures;
  });
}

async function toServer(kind: ServerKind, server: TestServer, source: string): Promise<Figure[]> {
  const bulk = await bulkInsert(kind, server);
  const carried = migrated(source, await server.createDatabase(), false);
  const verified = migrated(source, await server.createDatabase(), true);
  const compare = (run: Migrated, how: string): Figure =>
    compared(title(names[kind], run, how), 'objects/s', (2 * count) / run.seconds, (2 * count) / bulk);
  return [
    compare(carried, `not verified (${clients[kind]}, INSERTs of 500 rows)`),
    compare(verified, 'verified (the same peer)'),
  ];
}

function title(target: string, { peak }: Migrated, how: string): string {
  return `migrate ${count.toLocaleString('en')} volumes with snapshots from SQLite to ${target}, peak ${peak} MB, ${how}`;
}

/** Seconds that the server's client takes for the same rows. */
async function bulkInsert(kind: ServerKind, server: TestServer): Promise<number> {
  const connection = await server.createDatabase();
  const cl = await setup({ persistence_config: { storage: 'db', connection } });
  await cl.close();
  const mode = kind === 'mysql' ? "SET sql_mode = 'ANSI_QUOTES';\n" : '';
  const text = mode + [...manyVolumesAsSql(count)].join('');
  const start = performance.now();
  server.sql(text, new URL(connection).pathname.slice(1));
  return (performance.now() - start) / 1000;
}

/** A migration in a process of its own, whose memory is nobody else's. */
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
