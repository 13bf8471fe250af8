/** The self-check at start: the pinned engine passes, and one with a different layout is refused. */
import { describe, expect, test } from 'vitest';
import { EngineMismatch } from '../../../src/errors/index.ts';
import { type VfsLayout, vfsLayout } from '../../../src/vfs/layout.ts';
import { adopt, startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { freshEngine } from './fresh-engine.ts';

describe('the self-check of the engine', () => {
  test('passes with the pinned engine', async () => {
    const [sqlite, instance] = await freshEngine();
    expect(adopt(sqlite, instance).fault).toBeNull();
  });

  const fields = Object.keys(vfsLayout) as (keyof VfsLayout)[];
  test.each(fields)('refuses an engine with %s one word further on', async (field) => {
    const [sqlite, instance] = await freshEngine();
    const layout = { ...vfsLayout, [field]: vfsLayout[field] + 4 };
    expect(() => adopt(sqlite, instance, layout)).toThrow(EngineMismatch);
    expect(() => adopt(sqlite, instance, layout)).toThrow(/should be .+, but is/);
  });

  test.each([
    ['xOpen', 'xDelete'],
    ['xDelete', 'xAccess'],
    ['xAccess', 'xFullPathname'],
  ] as const)('refuses an engine with %s and %s swapped', async (one, other) => {
    const [sqlite, instance] = await freshEngine();
    const layout = { ...vfsLayout, [one]: vfsLayout[other], [other]: vfsLayout[one] };
    expect(() => adopt(sqlite, instance, layout)).toThrow(EngineMismatch);
  });

  test('refuses an instance without a table', async () => {
    const [sqlite, instance] = await freshEngine();
    const { exports } = instance;
    const parts = Object.entries(exports).filter(([, part]) => !(part instanceof WebAssembly.Table));
    expect(() => adopt(sqlite, { exports: Object.fromEntries(parts) })).toThrow(EngineMismatch);
  });
});

describe('startSqlite()', () => {
  test('returns the same engine to all callers in a realm', async () => {
    const [one, other] = await Promise.all([startSqlite(), startSqlite()]);
    expect(one).toBe(other);
  });
});
