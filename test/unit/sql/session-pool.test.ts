/** Connections are made when they are needed, kept, and forgotten when they have ended. */
import { expect, test } from 'vitest';
import type { ServerSession } from '../../../src/sql/engines/server-driver.ts';
import { POOL_SIZE, SessionPool } from '../../../src/sql/engines/session-pool.ts';

class Line implements ServerSession {
  isUsable = true;
  kept = true;
  all = async () => ({ columns: [], rows: [] });
  run = async () => 0;
  keepAlive(keep: boolean): void {
    this.kept = keep;
  }
  async close(): Promise<void> {
    this.isUsable = false;
  }
  destroy(): void {
    this.isUsable = false;
  }
}

function makePool() {
  const lines: Line[] = [];
  const pool = new SessionPool(async () => {
    const line = new Line();
    lines.push(line);
    return line;
  });
  return { pool, lines };
}

test('a connection that was given back is used again, and keeps no process alive meanwhile', async () => {
  const { pool, lines } = makePool();
  const first = await pool.take();
  pool.give(first);
  expect(lines[0]?.kept).toBe(false);
  expect(await pool.take()).toBe(first);
  expect([lines.length, lines[0]?.kept]).toEqual([1, true]);
});

test('one that has ended is replaced', async () => {
  const { pool, lines } = makePool();
  const first = await pool.take();
  pool.give(first);
  first.destroy();
  expect(await pool.take()).not.toBe(first);
  expect(lines).toHaveLength(2);
});

test('there are no more than so many; who comes later waits', async () => {
  const { pool, lines } = makePool();
  const taken = await Promise.all(Array.from({ length: POOL_SIZE }, () => pool.take()));
  let waited = false;
  const late = pool.take().then((line) => {
    waited = true;
    return line;
  });
  await Promise.resolve();
  expect([lines.length, waited]).toEqual([POOL_SIZE, false]);
  const [first] = taken;
  if (first !== undefined) pool.give(first);
  expect(await late).toBe(first);
});

test('a failure to connect takes no place', async () => {
  let fails = true;
  const pool = new SessionPool(async () => {
    if (fails) throw new Error('no');
    return new Line();
  });
  for (let time = 0; time < 2 * POOL_SIZE; time++) await expect(pool.take()).rejects.toThrow('no');
  fails = false;
  expect((await pool.take()).isUsable).toBe(true);
});

test('a closed one gives nothing, and ends what comes back', async () => {
  const { pool, lines } = makePool();
  const [idle, busy] = [await pool.take(), await pool.take()];
  pool.give(idle);
  await pool.close();
  expect(lines.map(({ isUsable }) => isUsable)).toEqual([false, true]);
  pool.give(busy);
  expect(busy.isUsable).toBe(false);
  await expect(pool.take()).rejects.toMatchObject({ name: 'ContextClosed' });
});

test('who waits when it is closed is refused at once, and nothing is connected to', async () => {
  const { pool, lines } = makePool();
  const taken = await Promise.all(Array.from({ length: POOL_SIZE }, () => pool.take()));
  const late = Promise.allSettled([pool.take(), pool.take()]);
  await pool.close();
  for (const line of taken) pool.give(line);
  expect(await late).toMatchObject([{ reason: { name: 'ContextClosed' } }, { reason: { name: 'ContextClosed' } }]);
  expect(lines).toHaveLength(POOL_SIZE);
});
