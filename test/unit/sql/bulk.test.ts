/** One transaction over many commands: all or nothing, while other commands wait. */
import { expect, test } from 'vitest';
import type { SingleWrite } from '../../../src/rpc/contract.ts';
import { openCore } from './open-core.ts';
import type { PlainEngine } from './plain-engine.ts';
import { creation } from './writer.ts';

const volume = (id: string): SingleWrite => ({ kind: 'setVolume', change: creation(id) });
const ids = (engine: PlainEngine): unknown[] => engine.rows('SELECT id FROM volumes ORDER BY id').map(({ id }) => id);

test('everything appended is stored at the commit', async () => {
  const { core, engine } = await openCore();
  await core.call({ kind: 'beginBulk' });
  await core.call({ kind: 'appendBulk', commands: [volume('a'), volume('b')] });
  await core.call({ kind: 'appendBulk', commands: [volume('c')] });
  await core.call({ kind: 'commitBulk' });
  expect(ids(engine)).toEqual(['a', 'b', 'c']);
});

test('nothing is stored after a rollback, and the core continues to work', async () => {
  const { core, engine } = await openCore();
  await core.call({ kind: 'beginBulk' });
  await core.call({ kind: 'appendBulk', commands: [volume('a')] });
  await core.call({ kind: 'rollbackBulk' });
  expect(ids(engine)).toEqual([]);
  await core.call(volume('b'));
  expect(ids(engine)).toEqual(['b']);
});

test('one failed command fails the whole bulk', async () => {
  const { core, engine } = await openCore();
  await core.call({ kind: 'beginBulk' });
  await core.call({ kind: 'appendBulk', commands: [volume('a')] });
  const missing: SingleWrite = { kind: 'setVolume', change: { id: 'x', values: { size: 1 }, whole: false } };
  await expect(core.call({ kind: 'appendBulk', commands: [missing] })).rejects.toMatchObject({
    name: 'VolumeNotFound',
  });
  await expect(core.call({ kind: 'appendBulk', commands: [volume('b')] })).rejects.toMatchObject({
    name: 'VolumeNotFound',
  });
  await expect(core.call({ kind: 'commitBulk' })).rejects.toMatchObject({ name: 'VolumeNotFound' });
  expect(ids(engine)).toEqual([]);
});

test('other commands wait until the bulk has ended', async () => {
  const { core } = await openCore();
  await core.call({ kind: 'beginBulk' });
  let answered = false;
  const listing = core.call({ kind: 'getVolumes', filter: {} }).then((rows) => {
    answered = true;
    return rows.volumes.rows.length;
  });
  await core.call({ kind: 'appendBulk', commands: [volume('a')] });
  expect(answered).toBe(false);
  await core.call({ kind: 'commitBulk' });
  expect(await listing).toBe(1);
});

test('closing during a bulk rolls it back', async () => {
  const { core, engine } = await openCore();
  await core.call({ kind: 'beginBulk' });
  await core.call({ kind: 'appendBulk', commands: [volume('a')] });
  await core.call({ kind: 'close' });
  expect(ids(engine)).toEqual([]);
  expect(engine.closed).toBe(true);
});

test('appending, committing and rolling back need a bulk that has begun', async () => {
  const { core } = await openCore();
  for (const kind of ['commitBulk', 'rollbackBulk'] as const) {
    await expect(core.call({ kind })).rejects.toMatchObject({ name: 'DatabaseError' });
  }
  await expect(core.call({ kind: 'appendBulk', commands: [] })).rejects.toMatchObject({ name: 'DatabaseError' });
});
