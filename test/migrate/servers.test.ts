/**
 * From each kind of database to each, and back into the kind that it came from: nothing differs on any way, and at
 * the end every text is the one that Python gave at the start.
 */
import { join } from 'node:path';
import { migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectArrived } from '../support/arrived.ts';
import { type GoldenAnswers, goldenJson, goldenSql, inTemporaryFolder } from '../support/golden.ts';
import { nameIn } from '../support/server-tests.ts';
import { missingServer, startServer, type TestServer } from '../support/servers.ts';

const kinds = ['sqlite', 'mysql', 'postgresql'] as const;
type Kind = (typeof kinds)[number];

const missing = missingServer('mysql') ?? missingServer('postgresql');
const servers = new Map<Kind, TestServer>();
// MySQL keeps the least: whole seconds, and no character above U+FFFF. What comes from there fits everywhere.
let golden: PersistenceConfig;

const at = (connection: string): PersistenceConfig => ({ storage: 'db', connection });

async function emptyDatabase(kind: Kind, folder: string, name: string): Promise<string> {
  return servers.get(kind)?.createDatabase() ?? `sqlite:///${join(folder, `${name}.sqlite`)}`;
}

beforeAll(async () => {
  if (missing !== null) return;
  for (const kind of ['mysql', 'postgresql'] as const) servers.set(kind, await startServer(kind));
  const url = await emptyDatabase('mysql', '', '');
  servers.get('mysql')?.sql(goldenSql('rich-mysql.sql'), nameIn(url));
  golden = at(url);
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

describe.each(kinds)('from %s', (from) => {
  test.for(kinds)('to %s', { timeout: 120_000 }, async (to, context) => {
    if (missing !== null) return context.skip(missing);
    const expected = goldenJson<GoldenAnswers>('rich-mysql.expected.json.gz');
    await inTemporaryFolder(async (folder) => {
      let source = golden;
      for (const [place, kind] of [from, to, 'mysql' as const].entries()) {
        const target = at(await emptyDatabase(kind, folder, String(place)));
        const report = await migrate(source, target);
        expect(report.differences).toEqual([]);
        expect(report).toMatchObject({
          volumes: Object.keys(expected.volumes).length,
          snapshots: Object.keys(expected.snapshots).length,
          connections: Object.keys(expected.connections).length,
          key_values: expected.key_values.length,
        });
        source = target;
      }
      const cl = await setup({ persistence_config: source, fail_on_missing_backend: false });
      try {
        await expectArrived(cl, expected);
      } finally {
        await cl.close();
      }
    });
  });
});
