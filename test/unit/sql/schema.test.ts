/** A new database: the same texts of statements as in the original, and the same initial rows. */
import { expect, test } from 'vitest';
import { prepareSchema } from '../../../src/sql/revisions.ts';
import { goldenBytes } from '../../support/golden.ts';
import { PlainEngine } from './plain-engine.ts';

const now = '2024-02-03 04:05:06.789012';
const master = 'SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid';

async function created(): Promise<PlainEngine> {
  const engine = await PlainEngine.open();
  let ids = 0;
  await prepareSchema(engine, { now: () => now, newId: () => `id ${++ids}` });
  return engine;
}

test('a new database has the tables and indexes of the original, text for text', async () => {
  const [ours, original] = [await created(), await PlainEngine.open(goldenBytes('empty.sqlite'))];
  expect(ours.rows(master)).toEqual(original.rows(master));
  expect(ours.rows(master)).toHaveLength(98);
});

test('a new database has the rows of the original, except for times and random ids', async () => {
  const [ours, original] = [await created(), await PlainEngine.open(goldenBytes('empty.sqlite'))];
  const tables = original.rows(`SELECT name FROM sqlite_master WHERE type = 'table'`).map(({ name }) => String(name));
  for (const table of tables) {
    const content = (engine: PlainEngine) =>
      engine.rows(`SELECT rowid, * FROM "${table}" ORDER BY rowid`).map((row) => ({
        ...row,
        ...(typeof row['id'] === 'string' ? { id: 'random' } : {}),
        ...('group_type_id' in row ? { group_type_id: 'random' } : {}),
        created_at: row['created_at'] === null ? null : 'time',
        updated_at: row['updated_at'] === null ? null : 'time',
      }));
    expect(content(ours), table).toEqual(content(original));
  }
});

test('the initial rows have the time of creation, and the sentinel its microseconds', async () => {
  const engine = await created();
  expect(engine.rows('SELECT created_at, updated_at FROM volume_types')).toEqual([
    { created_at: now, updated_at: now },
  ]);
  expect(engine.value('SELECT created_at FROM quota_classes')).toBe(now);
  expect(engine.value('SELECT updated_at FROM workers')).toBe('2024-02-03 04:05:06.000123');
  expect(engine.value('SELECT group_type_id = (SELECT id FROM group_types) FROM group_type_specs')).toBe(1);
});
