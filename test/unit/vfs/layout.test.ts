/** The self-check at start: the pinned engine passes, and one with a different layout is refused. */
import { describe, expect, test } from 'vitest';
import { EngineMismatch } from '../../../src/errors/index.ts';
import { type VfsLayout, vfsLayout } from '../../../src/vfs/layout.ts';
import { adopt, startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { freshEngine } from './fresh-engine.ts';

describe('the self-check of the engine', () => {
  test('passes with the pinned engine', async () => {
    const engine = await freshEngine();
    expect(adopt(engine).fault).toBeNull();
  });

  const fields = Object.keys(vfsLayout) as (keyof VfsLayout)[];
  test.each(fields)('refuses an engine with %s one word further on', async (field) => {
    const engine = await freshEngine();
    const layout = { ...vfsLayout, [field]: vfsLayout[field] + 4 };
    const refusal = refusalOf(() => adopt(engine, layout));
    expect(refusal).toBeInstanceOf(EngineMismatch);
    expect(refusal).toHaveProperty('message', expect.stringMatching(/should be .+, but is/));
  });

  test.each([
    ['xOpen', 'xDelete'],
    ['xDelete', 'xAccess'],
    ['xAccess', 'xFullPathname'],
    ['xFullPathname', 'xRandomness'],
  ] as const)('refuses an engine with %s and %s swapped', async (one, other) => {
    const engine = await freshEngine();
    const layout = { ...vfsLayout, [one]: vfsLayout[other], [other]: vfsLayout[one] };
    expect(() => adopt(engine, layout)).toThrow(EngineMismatch);
  });

  test('refuses an engine in which two methods are the same function', async () => {
    const engine = await freshEngine();
    const refusal = refusalOf(() => adopt(engine, { ...vfsLayout, xDelete: vfsLayout.xOpen }));
    expect(refusal).toHaveProperty('message', expect.stringMatching(/xDelete should be a distinct function/));
  });
});

describe('startSqlite()', () => {
  test('returns the same engine to all callers in a realm', async () => {
    const [one, other] = await Promise.all([startSqlite(), startSqlite()]);
    expect(one).toBe(other);
  });
});

/** Of a single attempt: what one leaves in the engine is nothing that a second can be tried on. */
function refusalOf(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    return error;
  }
}
