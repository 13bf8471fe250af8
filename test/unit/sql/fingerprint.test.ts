/** The fingerprint of a database, which changes with every change. */
import { expect, test } from 'vitest';
import { fingerprint } from '../../../src/sql/read/fingerprint.ts';
import { creation, openWriter } from './writer.ts';

test('the fingerprint changes with every change', async () => {
  const writer = await openWriter();
  await writer.write({ kind: 'setVolume', change: creation('v', { status: 'available' }) });
  await writer.write({ kind: 'setSnapshot', change: creation('s', { volume_id: 'v', status: 'available' }) });
  const seen = new Set([await fingerprint(writer.engine)]);
  const changes = [
    () => writer.write({ kind: 'setVolume', change: creation('w') }),
    () => {
      writer.now = '2024-01-03 00:00:00.000003';
      return writer.write({ kind: 'setVolume', change: { id: 'v', values: { size: 2 }, whole: false } });
    },
    () => writer.write({ kind: 'deleteSnapshot', id: 's' }),
    () => writer.write({ kind: 'setKeyValue', key: 'a', value: 'b' }),
    () => writer.write({ kind: 'setKeyValue', key: 'a', value: 'c' }),
    async () => writer.rows("UPDATE cinderlib_persistence_key_value SET key = 'b', value = 'a'"),
    () => writer.write({ kind: 'setKeyValue', key: 'b', value: null }),
    () => writer.write({ kind: 'setKeyValue', key: 'b', value: '' }),
  ];
  for (const [count, change] of changes.entries()) {
    await change();
    seen.add(await fingerprint(writer.engine));
    expect(seen.size).toBe(count + 2);
  }
});
