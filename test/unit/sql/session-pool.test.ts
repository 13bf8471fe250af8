/** Connections are opened on demand, kept, and replaced once they have ended. */
import { expect, test } from 'vitest';
import type { ServerSession } from '../../../src/sql/engines/servers/server-driver.ts';
import { poolSize, SessionPool } from '../../../src/sql/engines/servers/session-pool.ts';

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

test('a returned connection is reused, and keeps no process alive while it is idle', async () => {
  const { pool, lines } = makePool();
  const first = await pool.acquire();
  pool.release(first);
  expect(lines[0]?.kept).toBe(false);
  expect(await pool.acquire()).toBe(first);
  expect([lines.length, lines[0]?.kept]).toEqual([1, true]);
});

test('a connection that has ended is replaced', async () => {
  const { pool, lines } = makePool();
  const first = await pool.acquire();
  pool.release(first);
  first.destroy();
  expect(await pool.acquire()).not.toBe(first);
  expect(lines).toHaveLength(2);
});

test('the number of connections is limited, and further callers wait', async () => {
  const { pool, lines } = makePool();
  const taken = await Promise.all(Array.from({ length: poolSize }, () => pool.acquire()));
  let waited = false;
  const late = pool.acquire().then((line) => {
    waited = true;
    return line;
  });
  await Promise.resolve();
  expect([lines.length, waited]).toEqual([poolSize, false]);
  const [first] = taken;
  if (first !== undefined) pool.release(first);
  expect(await late).toBe(first);
});

test('a failed connection attempt takes no place in the pool', async () => {
  let fails = true;
  const pool = new SessionPool(async () => {
    if (fails) throw new Error('no');
    return new Line();
  });
  for (let time = 0; time < 2 * poolSize; time++) await expect(pool.acquire()).rejects.toThrow('no');
  fails = false;
  expect((await pool.acquire()).isUsable).toBe(true);
});

test('close() ends idle connections at once and busy ones on return, and take() is refused', async () => {
  const { pool, lines } = makePool();
  const [idle, busy] = [await pool.acquire(), await pool.acquire()];
  pool.release(idle);
  await pool.close();
  expect(lines.map(({ isUsable }) => isUsable)).toEqual([false, true]);
  pool.release(busy);
  expect(busy.isUsable).toBe(false);
  await expect(pool.acquire()).rejects.toMatchObject({ name: 'ContextClosed' });
});

test('close() keeps the process alive until the connections have ended', async () => {
  const { pool, lines } = makePool();
  pool.release(await pool.acquire());
  expect(lines[0]?.kept).toBe(false);
  await pool.close();
  expect([lines[0]?.kept, lines[0]?.isUsable]).toEqual([true, false]);
});

test('close() cuts a connection whose server does not answer the farewell', { timeout: 10_000 }, async () => {
  const { pool, lines } = makePool();
  pool.release(await pool.acquire());
  const [silent] = lines;
  if (silent !== undefined) silent.close = () => new Promise(() => {});
  await pool.close();
  expect(silent?.isUsable).toBe(false);
});

test('close() rejects waiting callers, and opens no connection for them', async () => {
  const { pool, lines } = makePool();
  const taken = await Promise.all(Array.from({ length: poolSize }, () => pool.acquire()));
  const late = Promise.allSettled([pool.acquire(), pool.acquire()]);
  await pool.close();
  for (const line of taken) pool.release(line);
  expect(await late).toMatchObject([{ reason: { name: 'ContextClosed' } }, { reason: { name: 'ContextClosed' } }]);
  expect(lines).toHaveLength(poolSize);
});
