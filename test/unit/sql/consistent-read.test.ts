/** Reading while others may write: what was read beside a writer is discarded, whichever check detects the writer. */
import { expect, test, vi } from 'vitest';
import { DatabaseLocked, DatabaseUnavailable } from '../../../src/errors/index.ts';
import { type ForeignWrite, type Guard, NullGuard } from '../../../src/media/guard.ts';
import { MemoryMedium } from '../../../src/media/memory.ts';
import { consistentRead } from '../../../src/sql/engines/sqlite/consistent-read.ts';

const somebody: ForeignWrite = { error: new DatabaseLocked('in use'), abandoned: false };
/** What a crash leaves, and what a writer looks like if its lock was looked for right before it took it. */
const nobody: ForeignWrite = { error: new DatabaseUnavailable('interrupted', 'a.sqlite'), abandoned: true };

interface Script {
  /** The result of each check for writers; none after the last. */
  readonly foreignWrites?: readonly (ForeignWrite | null)[];
  /** The stamp of the file at each check; the last one repeats. */
  readonly stamps?: readonly string[];
  readonly busyTimeout?: number;
}

/** Reads 1, 2, 3…, while writers come and go as scripted. */
async function read({ foreignWrites = [], stamps = ['same'], busyTimeout = 1000 }: Script, log: string[] = []) {
  const [looks, states] = [[...foreignWrites], [...stamps]];
  const guard: Guard = Object.assign(new NullGuard(), {
    busyTimeout,
    foreignWrite: () => {
      log.push('look');
      return looks.shift() ?? null;
    },
    stamp: () => {
      log.push('stamp');
      return (states.length > 1 ? states.shift() : states[0]) ?? '';
    },
  });
  let reads = 0;
  const value = await consistentRead(Object.assign(new MemoryMedium(), { guard }), {
    read: () => {
      log.push('read');
      reads += 1;
      return reads;
    },
    forget: () => void log.push('forget'),
    recover: async () => void log.push('recover'),
  });
  return { value, log };
}

test('the stamp is checked first and last, and writers are checked right before and after the read', async () => {
  expect(await read({})).toEqual({ value: 1, log: ['stamp', 'look', 'read', 'look', 'stamp'] });
});

test('nothing is read while somebody writes, even if the file does not change', async () => {
  const { value, log } = await read({ foreignWrites: [somebody] });
  expect([value, log.slice(0, 3)]).toEqual([1, ['stamp', 'look', 'stamp']]);
});

test('a read is discarded if somebody has begun to write, even if the file did not change', async () => {
  const { value, log } = await read({ foreignWrites: [null, somebody] });
  expect([value, log.filter((step) => step === 'forget')]).toEqual([2, ['forget']]);
});

test('what was read beside a writer is forgotten, even if it is not read again', async () => {
  const log: string[] = [];
  await expect(read({ foreignWrites: [null, somebody], busyTimeout: 0 }, log)).rejects.toBe(somebody.error);
  expect(log).toEqual(['stamp', 'look', 'read', 'look', 'forget']);
});

test('a read is discarded if the file has changed, even if no writer was seen', async () => {
  expect((await read({ stamps: ['before', 'after'] })).value).toBe(2);
});

test.for([
  // Every 2 ms for 100 ms, then after another fiftieth of the time: log(3) / log(1.02) times, up to 300 ms.
  { busyTimeout: 300, looks: 50 + 55 },
  // From 2500 ms on every 50 ms: log(25) / log(1.02) times up to then.
  { busyTimeout: 60_000, looks: 50 + 163 + 1150 },
])('looks $looks times for the end of a write within $busyTimeout ms', async ({ busyTimeout, looks }) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  try {
    let looked = 0;
    const writer: ForeignWrite = {
      get error() {
        looked += 1;
        return somebody.error;
      },
      abandoned: false,
    };
    const failed = expect(read({ foreignWrites: new Array(9999).fill(writer), busyTimeout })).rejects.toBe(
      somebody.error,
    );
    await vi.runAllTimersAsync();
    await failed;
    // Timers count whole milliseconds.
    expect(looked / looks).toBeGreaterThan(0.8);
    expect(looked / looks).toBeLessThan(1.2);
  } finally {
    vi.useRealTimers();
  }
});

test('a writer that stays longer than busy_timeout makes the read fail', async () => {
  const always = new Array<ForeignWrite>(1000).fill(somebody);
  await expect(read({ foreignWrites: always, busyTimeout: 10 })).rejects.toBe(somebody.error);
});

test.for([0, 1000])(
  'what a crash left is recovered when it is seen a second time, with busy_timeout %d',
  async (busyTimeout) => {
    const { value, log } = await read({ foreignWrites: [nobody, nobody], busyTimeout });
    expect([value, log.slice(0, 6)]).toEqual([1, ['stamp', 'look', 'stamp', 'look', 'recover', 'stamp']]);
  },
);

test('a writer taken for a crash is looked at again, even after busy_timeout', async () => {
  const done = await read({ foreignWrites: [nobody], busyTimeout: 0 });
  expect([done.value, done.log.includes('recover')]).toEqual([1, false]);
  await expect(read({ foreignWrites: [null, nobody, somebody], busyTimeout: 0 })).rejects.toBe(somebody.error);
});
