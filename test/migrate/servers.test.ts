/**
 * All nine migrations among the three kinds of databases, in sequence: no step reports a difference, and at the end,
 * back in the kind of the first source, everything is as it was. And what a repeated migration finds on a server.
 */
import { join } from 'node:path';
import { type MigrationReport, migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { afterAll, beforeAll, expect, type TestContext, test, vi } from 'vitest';
import { expectArrived, expectSameDumps } from '../support/arrived.ts';
import { copyGolden, type GoldenAnswers, goldenJson, goldenSql, inTemporaryFolder } from '../support/golden.ts';
import { expectTheRule } from '../support/rehearsed.ts';
import { rounds } from '../support/rounds.ts';
import { nameIn } from '../support/server-tests.ts';
import { missingServer, startServer, type TestServer } from '../support/servers.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 150_000 });

type Kind = 'sqlite' | 'mysql' | 'postgresql';

/** A closed sequence of kinds that contains each pair of kinds once. */
const round: readonly Kind[] = [
  ...(['mysql', 'mysql', 'postgresql', 'postgresql'] as const),
  ...(['sqlite', 'sqlite', 'mysql', 'sqlite', 'postgresql'] as const),
];

const missing = missingServer('mysql') ?? missingServer('postgresql');
const servers = new Map<Kind, TestServer>();

beforeAll(async () => {
  if (missing !== null) return;
  for (const kind of ['mysql', 'postgresql'] as const) servers.set(kind, await startServer(kind));
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

test('a database of Python is unchanged after all nine migrations', async (context) => {
  const expected = goldenJson<GoldenAnswers>('rich-mysql.expected.json.gz');
  await allNineWays(context, 'mysql', async (folder) => {
    // MySQL keeps the least: whole seconds, and no character above U+FFFF. Its data fits into every other kind.
    const url = await emptyDatabase('mysql', folder, 'start');
    servers.get('mysql')?.sql(goldenSql('rich-mysql.sql'), nameIn(url));
    return {
      start: at(url),
      async arrived(report, storage) {
        expect(report).toMatchObject({
          volumes: Object.keys(expected.volumes).length,
          snapshots: Object.keys(expected.snapshots).length,
          connections: Object.keys(expected.connections).length,
          key_values: expected.key_values.length,
        });
        await within(storage, (cl) => expectArrived(cl, expected));
      },
    };
  });
});

test('5,000 volumes are unchanged to the second after all nine migrations', async (context) => {
  await allNineWays(context, 'sqlite', async (folder) => {
    const start = at(`sqlite:///${copyGolden('many.sqlite.gz', join(folder, 'start.sqlite'))}`);
    const before = await textsOf(start);
    expect(Object.keys(before).length).toBe(5200);
    return {
      start,
      async arrived(report, storage, isLast) {
        expect(report).toMatchObject({ volumes: 5000, snapshots: 200, connections: 0, key_values: 0 });
        // The first migration to MySQL truncates the fractions of seconds, and reports it.
        for (const { why } of report.not_carried) expect(why).toContain('whole seconds');
        if (isLast) expectSameDumps(await textsOf(storage), before);
      },
    };
  });
});

for (const kind of ['mysql', 'postgresql'] as const) {
  test(`a migration to ${kind} is repeated, but not over what was changed since`, async (context) => {
    if (missing !== null) return context.skip(missing);
    await inTemporaryFolder(async (folder) => {
      const source = at(`sqlite:///${copyGolden('errors.sqlite', join(folder, 'source.sqlite'))}`);
      const url = await emptyDatabase(kind, folder, 'target');
      for (const dry_run of [true, false, true, false]) {
        expect((await migrate(source, at(url), { dry_run })).differences).toEqual([]);
      }
      const other = await emptyDatabase(kind, folder, 'other');
      await within(at(other), ({ persistence }) => expectTheRule(persistence, true, rounds(10)));
      // No time tells of this change.
      servers.get(kind)?.sql("UPDATE snapshots SET display_description = 'mine'", nameIn(url));
      for (const dry_run of [true, false]) {
        const migrating = migrate(source, at(url), { dry_run });
        await expect(migrating).rejects.toMatchObject({ name: 'MigrationConflict', kind: 'snapshot' });
      }
      if (kind !== 'mysql') return;
      servers.get(kind)?.sql('UPDATE snapshots SET id = UPPER(id)', nameIn(url));
      for (const dry_run of [true, false]) {
        await expect(migrate(source, at(url), { dry_run })).rejects.toThrow('this server considers the same');
      }
    });
  });
}

interface Journey {
  readonly start: PersistenceConfig;
  arrived(report: MigrationReport, storage: PersistenceConfig, isLast: boolean): Promise<void>;
}

async function allNineWays(
  context: TestContext,
  first: Kind,
  begin: (folder: string) => Promise<Journey>,
): Promise<void> {
  if (missing !== null) return context.skip(missing);
  await inTemporaryFolder(async (folder) => {
    const { start, arrived } = await begin(folder);
    let source = start;
    const place = round.indexOf(first);
    const ways = [...round.slice(place + 1), ...round.slice(0, place + 1)];
    for (const [number, kind] of ways.entries()) {
      const target = at(await emptyDatabase(kind, folder, String(number)));
      const report = await migrate(source, target);
      expect(report.differences).toEqual([]);
      await arrived(report, target, number === ways.length - 1);
      source = target;
    }
  });
}

const at = (connection: string): PersistenceConfig => ({ storage: 'db', connection });

async function emptyDatabase(kind: Kind, folder: string, name: string): Promise<string> {
  return servers.get(kind)?.createDatabase() ?? `sqlite:///${join(folder, `${name}.sqlite`)}`;
}

type Context = Awaited<ReturnType<typeof setup>>;

async function within<T>(storage: PersistenceConfig, use: (cl: Context) => Promise<T>): Promise<T> {
  const cl = await setup({ persistence_config: storage, fail_on_missing_backend: false });
  try {
    return await use(cl);
  } finally {
    await cl.close();
  }
}

/** The text of every object by its id, in whole seconds. */
async function textsOf(storage: PersistenceConfig): Promise<Record<string, string>> {
  return within(storage, async (cl) => {
    const objects = [...(await cl.persistence.getVolumes()), ...(await cl.persistence.getSnapshots())];
    return Object.fromEntries(
      objects.map((object) => [object.id, object.jsons().replaceAll(/(T[\d:]{8})\.\d+/g, '$1')]),
    );
  });
}
