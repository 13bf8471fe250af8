/** Leadership by a web lock: the browser manages the queue, and a holder may lose a stolen lock without knowing. */
import { expect, test, vi } from 'vitest';
import { Leadership } from '../../../src/tabs/leadership.ts';
import { FakeLocks } from '../../support/fake-locks.ts';

function candidate(locks: FakeLocks, name: string) {
  const events: string[] = [];
  const leadership = new Leadership(locks.client(name), 'lock', {
    won: () => void events.push('won'),
    stolen: () => void events.push('stolen'),
  });
  return { leadership, events };
}

test('leadership passes along the queue if the holder releases the lock or dies', async () => {
  const locks = new FakeLocks();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => candidate(locks, name)) as [
    ReturnType<typeof candidate>,
    ReturnType<typeof candidate>,
    ReturnType<typeof candidate>,
  ];
  for (const { leadership } of [a, b, c]) leadership.queue();
  await expect.poll(() => a.events).toEqual(['won']);
  a.leadership.queue();
  a.leadership.release();
  await expect.poll(() => b.events).toEqual(['won']);
  locks.kill('b');
  await expect.poll(() => c.events).toEqual(['won']);
  expect(locks.holder('lock')).toBe('c');
});

test('a leader whose lock was stolen is told, and can queue again', async () => {
  const locks = new FakeLocks();
  const [a, b] = [candidate(locks, 'a'), candidate(locks, 'b')];
  a.leadership.queue();
  await expect.poll(() => a.events).toEqual(['won']);
  b.leadership.queue();
  b.leadership.steal();
  await expect.poll(() => b.events).toEqual(['won']);
  await expect.poll(() => a.events).toEqual(['won', 'stolen']);
  expect(await a.leadership.isProven()).toBe(false);
  expect(await b.leadership.isProven()).toBe(true);
  a.leadership.queue();
  b.leadership.release();
  await expect.poll(() => a.events).toEqual(['won', 'stolen', 'won']);
  // It waits only once, although it queued before.
  a.leadership.release();
  await expect.poll(() => locks.holder('lock')).toBeUndefined();
});

test('a leader that cannot query the locks steps down, and can lead again later', async () => {
  const locks = new FakeLocks();
  const own = locks.client('a');
  let fails = false;
  const query = (): Promise<LockManagerSnapshot> =>
    fails ? Promise.reject(new DOMException('not fully active', 'InvalidStateError')) : own.query();
  const events: string[] = [];
  const a = new Leadership({ request: own.request, query } as LockManager, 'lock', {
    won: () => void events.push('won'),
    stolen: () => void events.push('stolen'),
  });
  const b = candidate(locks, 'b');
  try {
    a.queue();
    await expect.poll(() => events).toEqual(['won']);
    b.leadership.queue();
    fails = true;
    const later = performance.now() + 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => later);
    expect(await Promise.all([a.isProven(), a.isProven()])).toEqual([false, false]);
    expect(events).toEqual(['won', 'stolen']);
    await expect.poll(() => b.events).toEqual(['won']);
    fails = false;
    a.queue();
    b.leadership.release();
    await expect.poll(() => events).toEqual(['won', 'stolen', 'won']);
    expect(await a.isProven()).toBe(true);
  } finally {
    vi.restoreAllMocks();
  }
});

test('a leader where locks cannot be queried at all leads, and notices a theft', async () => {
  const locks = new FakeLocks();
  const own = locks.client('a');
  const events: string[] = [];
  // Firefox, in a frame of another site.
  const query = () => Promise.reject(new DOMException('query() is not allowed in this context', 'SecurityError'));
  const a = new Leadership({ request: own.request, query } as LockManager, 'lock', {
    won: () => void events.push('won'),
    stolen: () => void events.push('stolen'),
  });
  const b = candidate(locks, 'b');
  let later = performance.now();
  try {
    vi.spyOn(performance, 'now').mockImplementation(() => later);
    a.queue();
    await expect.poll(() => events).toEqual(['won']);
    later += 1000;
    expect(await a.isProven()).toBe(true);
    later += 1000;
    b.leadership.steal();
    expect(await a.isProven()).toBe(false);
    expect(events).toEqual(['won', 'stolen']);
    await expect.poll(() => b.events).toEqual(['won']);
  } finally {
    vi.restoreAllMocks();
  }
});

test.each([
  { denied: [true, false], proven: true, what: 'may query the locks only later goes on' },
  { denied: [false, true], proven: false, what: 'may no longer query the locks leaves its own to others' },
])('a leader that $what', async ({ denied, proven }) => {
  const locks = new FakeLocks();
  const own = locks.client('a');
  let isDenied = denied[0] ?? false;
  const query = (): Promise<LockManagerSnapshot> =>
    isDenied ? Promise.reject(new DOMException('query() is not allowed', 'SecurityError')) : own.query();
  let won = false;
  const a = new Leadership({ request: own.request, query } as LockManager, 'lock', {
    won: () => {
      won = true;
    },
    stolen: () => {},
  });
  try {
    a.queue();
    await expect.poll(() => won).toBe(true);
    isDenied = denied[1] ?? false;
    const later = performance.now() + 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => later);
    expect(await a.isProven()).toBe(proven);
    await expect.poll(() => locks.holder('lock')).toBe(proven ? 'a' : undefined);
  } finally {
    vi.restoreAllMocks();
  }
});

test('queueing during steal() wins the lock only once', async () => {
  const locks = new FakeLocks();
  const [a, b] = [candidate(locks, 'a'), candidate(locks, 'b')];
  a.leadership.queue();
  await expect.poll(() => a.events).toEqual(['won']);
  b.leadership.steal();
  b.leadership.queue();
  await expect.poll(() => b.events).toEqual(['won']);
  b.leadership.release();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(b.events).toEqual(['won']);
  expect(locks.holder('lock')).toBeUndefined();
});

test('releasing during steal() does not win the lock', async () => {
  const locks = new FakeLocks();
  const [a, b, c] = [candidate(locks, 'a'), candidate(locks, 'b'), candidate(locks, 'c')];
  a.leadership.queue();
  await expect.poll(() => a.events).toEqual(['won']);
  b.leadership.steal();
  b.leadership.release();
  c.leadership.queue();
  await expect.poll(() => c.events).toEqual(['won']);
  expect(b.events).toEqual([]);
  expect(locks.holder('lock')).toBe('c');
});

test('a candidate that leaves the queue never wins', async () => {
  const locks = new FakeLocks();
  const [a, b] = [candidate(locks, 'a'), candidate(locks, 'b')];
  a.leadership.queue();
  b.leadership.queue();
  await expect.poll(() => a.events).toEqual(['won']);
  b.leadership.release();
  a.leadership.release();
  await new Promise((done) => setTimeout(done, 20));
  expect(b.events).toEqual([]);
  expect(locks.holder('lock')).toBeUndefined();
});
