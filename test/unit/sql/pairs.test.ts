/** Random changes of metadata, compared with a plain Map. */
import { array, assert, asyncProperty, constantFrom, oneof, string, tuple, uniqueArray } from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { getVolumes } from '../../../src/sql/read/volumes.ts';
import { creation, openWriter, update, type Writer } from './writer.ts';

let writer: Writer;
beforeAll(async () => {
  writer = await openWriter();
});

const key = oneof({ weight: 4, arbitrary: constantFrom('a', 'b', 'c', '1', '0', '', '__proto__') }, string());
const dictionary = uniqueArray(tuple(key, oneof(constantFrom('x', 'y', ''), string())), { selector: ([name]) => name });

let runs = 0;

test('the live rows always match the last dictionary, and no row changes without need', async () => {
  await assert(
    asyncProperty(array(dictionary, { minLength: 1, maxLength: 6 }), async (steps) => {
      const id = `v${++runs}`;
      await writer.write({ kind: 'setVolume', change: creation(id) });
      const model = new Map<string, { value: string; order: number; created: string; updated: string | null }>();
      let order = 0;
      for (const [step, wanted] of steps.entries()) {
        writer.now = `2024-01-01 00:00:00.${String(step).padStart(6, '0')}`;
        await writer.write({ kind: 'setVolume', change: { ...update(id, {}), metadata: wanted } });
        const names = new Set(wanted.map(([name]) => name));
        for (const name of model.keys()) if (!names.has(name)) model.delete(name);
        for (const [name, value] of wanted) {
          const known = model.get(name);
          if (known === undefined) model.set(name, { value, order: ++order, created: writer.now, updated: null });
          else if (known.value !== value) model.set(name, { ...known, value, updated: writer.now });
        }
        const expected = [...model].toSorted(([, a], [, b]) => a.order - b.order);
        const { volume_metadata } = await getVolumes(writer.engine, { volume_id: id });
        expect(volume_metadata.rows).toEqual(expected.map(([name, { value }]) => [id, name, value]));
        const times = writer.rows(
          'SELECT created_at, updated_at FROM volume_metadata WHERE volume_id = ? AND deleted = 0 ORDER BY rowid',
          [id],
        );
        expect(times).toEqual(
          expected.map(([, { created, updated }]) => ({ created_at: created, updated_at: updated })),
        );
      }
      const all = writer.rows('SELECT count(*) AS n FROM volume_metadata WHERE volume_id = ?', [id]);
      expect(all).toEqual([{ n: order }]);
    }),
    { numRuns: 60 },
  );
});

test('if two live rows have the same key, the last counts, and both are deleted with the key', async () => {
  await writer.write({ kind: 'setVolume', change: creation('twice') });
  const insert = `INSERT INTO volume_metadata (volume_id, "key", value, deleted) VALUES ('twice', 'k', ?, 0)`;
  for (const value of ['first', 'last']) writer.rows(insert, [value]);
  const before = writer.content();
  await writer.write({
    kind: 'setVolume',
    change: { id: 'twice', values: { id: 'twice' }, whole: true, metadata: [['k', 'last']] },
  });
  expect(writer.content()).toBe(before);
  await writer.write({ kind: 'setVolume', change: { ...update('twice', {}), metadata: [['k', 'new']] } });
  expect(writer.rows(`SELECT value FROM volume_metadata WHERE volume_id = 'twice' ORDER BY rowid`)).toEqual([
    { value: 'first' },
    { value: 'new' },
  ]);
  await writer.write({ kind: 'setVolume', change: { ...update('twice', {}), metadata: [] } });
  expect(writer.rows(`SELECT deleted FROM volume_metadata WHERE volume_id = 'twice'`)).toEqual([
    { deleted: 1 },
    { deleted: 1 },
  ]);
});
