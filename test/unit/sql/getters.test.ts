/** The getters, compared with the answers of the original about the golden databases. */
import { describe, expect, test } from 'vitest';
import type { RowSet, VolumeFilter } from '../../../src/rpc/contract.ts';
import { getKeyValues } from '../../../src/sql/key-values.ts';
import { getConnections } from '../../../src/sql/read/connections.ts';
import { getSnapshots } from '../../../src/sql/read/snapshots.ts';
import { getVolumes } from '../../../src/sql/read/volumes.ts';
import { type GoldenQuery, goldenBytes, goldenDatabases } from '../../support/golden.ts';
import { PlainEngine } from './plain-engine.ts';

const golden = (file: string) => PlainEngine.open(goldenBytes(file));

function column({ columns, rows }: RowSet, name: string): string[] {
  return rows.map((row) => String(row[columns.indexOf(name)]));
}

async function answer(engine: PlainEngine, { method, args }: GoldenQuery): Promise<readonly unknown[]> {
  switch (method) {
    case 'get_volumes':
      return column((await getVolumes(engine, args)).volumes, 'id');
    case 'get_snapshots':
      return column((await getSnapshots(engine, args)).snapshots, 'id');
    case 'get_connections':
      return column((await getConnections(engine, args)).volume_attachment, 'id');
    case 'get_key_values':
      return (await getKeyValues(engine, args['key'] ?? null)).map(({ key, value }) => [key, value]);
  }
}

describe.each(goldenDatabases)('the golden database $name', ({ file, queries }) => {
  test('gives the results of the original for every query, in the same order', async () => {
    const engine = await golden(file);
    let asked = 0;
    for (const query of queries) {
      // The manifest omits two results, which are too long.
      if (!Array.isArray(query.result)) continue;
      expect(await answer(engine, query), JSON.stringify(query.args)).toEqual(query.result);
      asked++;
    }
    expect(asked).toBeGreaterThan(10);
  });

  test('gives the whole list in pages of any size', async () => {
    const engine = await golden(file);
    const whole = column((await getVolumes(engine, {})).volumes, 'id');
    for (const limit of whole.length > 500 ? [499] : [1, 7, 100]) {
      const seen: string[] = [];
      for await (const page of pages(engine, {}, limit)) seen.push(...column(page.volumes, 'id'));
      expect(seen).toEqual(whole);
    }
  });

  test('gives a single volume the same children as in the whole list', async () => {
    const engine = await golden(file);
    const all = await getVolumes(engine, {});
    for (const id of column(all.volumes, 'id').slice(0, 60)) {
      const alone = await getVolumes(engine, { volume_id: id });
      const metadata = all.volume_metadata.rows.filter(([owner]) => owner === id);
      expect(alone.volume_metadata.rows).toEqual(metadata);
      const attachments = all.volume_attachment.rows.filter((row) => row.includes(id));
      expect(alone.volume_attachment.rows).toEqual(attachments);
      const type = alone.volumes.rows[0]?.[alone.volumes.columns.indexOf('volume_type_id')];
      expect(alone.volume_types.rows).toEqual(all.volume_types.rows.filter(([id]) => id === type));
      expect(alone.volume_type_extra_specs.rows).toEqual(
        all.volume_type_extra_specs.rows.filter(([owner]) => owner === type),
      );
    }
  });
});

async function* pages(engine: PlainEngine, filter: VolumeFilter, limit: number) {
  let after: { created_at: string | null; id: string } | null = null;
  for (;;) {
    const page = await getVolumes(engine, filter, { limit, after });
    yield page;
    const last = page.volumes.rows.at(-1);
    if (last === undefined) return;
    const created = last[page.volumes.columns.indexOf('created_at')] ?? null;
    after = { created_at: created === null ? null : String(created), id: String(last[0]) };
  }
}

describe('listing volumes', () => {
  test('takes as many statements for thousands of volumes as for one', async () => {
    const engine = await golden('many.sqlite.gz');
    const [one] = column((await getVolumes(engine, {})).volumes, 'id');
    const count = async (filter: VolumeFilter) => {
      const before = engine.statements.length;
      await getVolumes(engine, filter);
      return engine.statements.length - before;
    };
    expect(await count({})).toBeLessThanOrEqual(7);
    expect(await count({ volume_id: one })).toBeLessThanOrEqual(7);
    expect(await count({ volume_id: 'none' })).toBe(1);
  });

  test('omits children that are not live, and volumes whose deletion is unknown', async () => {
    const engine = await golden('rich.sqlite');
    const [id = ''] = column((await getVolumes(engine, {})).volume_metadata, 'volume_id');
    engine.rows('UPDATE volume_metadata SET deleted = NULL WHERE volume_id = ?', [id]);
    expect((await getVolumes(engine, { volume_id: id })).volume_metadata.rows).toEqual([]);
    engine.rows('UPDATE volumes SET deleted = NULL WHERE id = ?', [id]);
    expect((await getVolumes(engine, { volume_id: id })).volumes.rows).toEqual([]);
  });

  test('sorts all volumes once for each page of an iteration, not again for each kind of children', async () => {
    const engine = await golden('one.sqlite');
    // As many as DatabasePersistence asks for.
    const limit = 2000;
    const { volumes } = await getVolumes(engine, {});
    const columns = volumes.columns.filter((name) => name !== 'id').map((name) => `"${name}"`);
    engine.rows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${limit})
      INSERT INTO volumes (id, ${columns.join(', ')}) SELECT i, ${columns.join(', ')} FROM volumes, n`,
    );
    engine.statements.length = 0;
    const page = await getVolumes(engine, {}, { limit, after: null });
    expect(page.volumes.rows).toHaveLength(limit);
    expect(engine.statements.filter((sql) => /ORDER BY created_at/.test(sql))).toHaveLength(1);
  });

  test('puts volumes without a creation time last, also in pages', async () => {
    const engine = await golden('ties.sqlite');
    const ids = column((await getVolumes(engine, {})).volumes, 'id');
    const timeless = ids.slice(2, 5);
    for (const id of timeless) engine.rows('UPDATE volumes SET created_at = NULL WHERE id = ?', [id]);
    const expected = [...ids.filter((id) => !timeless.includes(id)), ...timeless.toSorted().toReversed()];
    expect(column((await getVolumes(engine, {})).volumes, 'id')).toEqual(expected);
    const seen: string[] = [];
    for await (const page of pages(engine, {}, 1)) seen.push(...column(page.volumes, 'id'));
    expect(seen).toEqual(expected);
  });

  test('continues pages after times without a fraction, however the caller writes them', async () => {
    const engine = await golden('ties.sqlite');
    engine.rows(`UPDATE volumes SET created_at = '2021-06-28 17:14:59'`);
    const ids = column((await getVolumes(engine, {})).volumes, 'id');
    const after = { created_at: '2021-06-28 17:14:59.000000', id: ids[3] ?? '' };
    const page = await getVolumes(engine, {}, { limit: 2, after });
    expect(column(page.volumes, 'id')).toEqual(ids.slice(4, 6));
  });

  test('matches backend names with hosts like the original, including its quirks', async () => {
    const engine = await golden('ties.sqlite');
    const hosts = ['h@one#p', 'h@one', 'h@x@one#p', 'h@ONE#p', 'h@oXne#p', 'h@o\\ne#p', 'h@one#p#q'];
    const ids = column((await getVolumes(engine, {})).volumes, 'id').slice(0, hosts.length);
    engine.rows('DELETE FROM volumes WHERE id NOT IN (SELECT value FROM json_each(?))', [JSON.stringify(ids)]);
    for (const [place, host] of hosts.entries()) {
      engine.rows('UPDATE volumes SET host = ? WHERE id = ?', [host, ids[place] ?? '']);
    }
    const found = async (backend_name: string) => {
      const { volumes } = await getVolumes(engine, { backend_name });
      return column(volumes, 'host').toSorted();
    };
    expect(await found('one')).toEqual(['h@ONE#p', 'h@one#p', 'h@one#p#q', 'h@x@one#p']);
    expect(await found('one#p')).toEqual([]);
    expect(await found('o_ne')).toEqual(['h@oXne#p', 'h@o\\ne#p']);
    expect(await found('o\\ne')).toEqual(['h@o\\ne#p']);
    expect(await found('o%')).toHaveLength(6);
  });

  test('finds QoS specs by the root that the type refers to, and live rows only', async () => {
    const engine = await golden('specs.sqlite');
    const [{ id: type = '' } = {}] = engine.rows(`SELECT id FROM volume_types WHERE name <> '__DEFAULT__'`);
    const [{ id: root = '' } = {}] = engine.rows(`SELECT id FROM quality_of_service_specs WHERE specs_id IS NULL`);
    engine.rows('DELETE FROM quality_of_service_specs WHERE id <> ?', [root]);
    engine.rows('UPDATE volume_types SET qos_specs_id = ? WHERE id = ?', [root, type]);
    const insert = `INSERT INTO quality_of_service_specs (id, specs_id, "key", value, deleted) VALUES (?, ?, ?, ?, ?)`;
    engine.rows(insert, ['c1', root, 'consumer', 'both', 0]);
    engine.rows(insert, ['c2', root, 'gone', 'x', 1]);
    engine.rows(insert, ['c3', 'another', 'foreign', 'x', 0]);
    const [{ id = '' } = {}] = engine.rows('SELECT id FROM volumes WHERE volume_type_id = ?', [type]);
    const { quality_of_service_specs: rows } = await getVolumes(engine, { volume_id: String(id) });
    expect(column(rows, 'id')).toEqual([String(root), 'c1']);
    expect(column((await getVolumes(engine, {})).quality_of_service_specs, 'id')).toEqual([String(root), 'c1']);
  });
});

describe('listing connections', () => {
  test('includes their whole volumes', async () => {
    const engine = await golden('rich.sqlite');
    const { volume_attachment, volumes } = await getConnections(engine, {});
    const owners = new Set(column(volume_attachment, 'volume_id'));
    expect(new Set(column(volumes.volumes, 'id'))).toEqual(owners);
    expect(volumes.volume_attachment.rows).toHaveLength(volume_attachment.rows.length);
  });

  test.each([
    ['missing', 'DELETE FROM volumes WHERE id = ?'],
    ['marked as deleted', 'UPDATE volumes SET deleted = 1 WHERE id = ?'],
  ])('includes a connection whose volume is %s, without that', async (_what, sql) => {
    const engine = await golden('rich.sqlite');
    const { volume_attachment, volumes } = await getConnections(engine, {});
    const [gone = ''] = column(volume_attachment, 'volume_id');
    engine.rows(sql, [gone]);
    const after = await getConnections(engine, {});
    expect(after.volume_attachment).toEqual(volume_attachment);
    expect(column(after.volumes.volumes, 'id')).toEqual(column(volumes.volumes, 'id').filter((id) => id !== gone));
  });
});

test('getKeyValues() finds the empty key, and all pairs for null', async () => {
  const engine = await golden('keyvalues.sqlite');
  expect(await getKeyValues(engine, '')).toHaveLength(1);
  expect((await getKeyValues(engine, null)).length).toBeGreaterThan(5);
});
