/** Reading while others may write: what was read beside somebody at work is thrown away, whichever check sees them. */
import { expect, test } from 'vitest';
import { DatabaseLocked } from '../../../src/errors/index.ts';
import { type ForeignWrite, type Guard, NullGuard } from '../../../src/media/guard.ts';
import { MemoryMedium } from '../../../src/media/memory.ts';
import { consistentRead } from '../../../src/sql/engines/consistent-read.ts';

const somebody: ForeignWrite = { error: new DatabaseLocked('in use'), abandoned: false };

interface Script {
  /** What each look for writers finds; nobody after the last. */
  readonly foreignWrites?: readonly (ForeignWrite | null)[];
  /** How the file is at each look; as at the last one from then on. */
  readonly stamps?: readonly string[];
  readonly busyTimeout?: number;
}

/** Reads 1, 2, 3…, beside writers that come and go as told. */
async function read({ foreignWrites = [], stamps = ['same'], busyTimeout = 1000 }: Script) {
  const log: string[] = [];
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
    recover: async (error) => {
      throw error;
    },
  });
  return { value, log };
}

test('the file is looked at from the outside in, and from the inside out', async () => {
  expect(await read({})).toEqual({ value: 1, log: ['stamp', 'look', 'read', 'look', 'stamp'] });
});

test('nothing is read while somebody writes, although the file stays as it is and they are gone a moment later', async () => {
  const { value, log } = await read({ foreignWrites: [somebody] });
  expect([value, log.slice(0, 3)]).toEqual([1, ['stamp', 'look', 'stamp']]);
});

test('what was read is dropped when somebody began to write meanwhile, although the file is still as it was', async () => {
  const { value, log } = await read({ foreignWrites: [null, somebody] });
  expect([value, log.filter((step) => step === 'forget')]).toEqual([2, ['forget']]);
});

test('what was read is dropped when the file is another one after it, although nobody was seen', async () => {
  expect((await read({ stamps: ['before', 'after'] })).value).toBe(2);
});

test('whoever writes for longer than is waited is the error', async () => {
  const always = new Array<ForeignWrite>(1000).fill(somebody);
  await expect(read({ foreignWrites: always, busyTimeout: 10 })).rejects.toBe(somebody.error);
});
