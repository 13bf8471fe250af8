/** Errors on their way between threads: their class, fields and causes arrive, whatever chain of causes they have. */
import { types } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DatabaseLocked, StorageFailure } from '../../../src/errors/index.ts';
import { revive, revived } from '../../../src/rpc/error-classes.ts';
import { fromWire, toWire } from '../../../src/rpc/errors.ts';

const sent = (error: unknown): Error => revive(structuredClone(toWire(error)));

describe('an error that is sent to another thread', () => {
  test('keeps its class, code, fields and causes', () => {
    const cause = new DatabaseLocked('in use', 4711, 'node-1');
    const error = sent(new StorageFailure('disk full', '/cl.sqlite', 'ENOSPC', { cause }));
    expect(error).toBeInstanceOf(StorageFailure);
    expect(error).toMatchObject({ message: 'disk full', code: 'STORAGE_FAILURE', path: '/cl.sqlite', errno: 'ENOSPC' });
    expect(error.cause).toBeInstanceOf(DatabaseLocked);
    expect(error.cause).toMatchObject({ message: 'in use', pid: 4711, host: 'node-1' });
  });

  test('shows loggers the same fields as one of this thread, in the same way', () => {
    const error = new DatabaseLocked('in use', 4711, 'node-1');
    expect(Object.entries(sent(error)).sort()).toEqual(Object.entries(error).sort());
    expect(JSON.parse(JSON.stringify(sent(error)))).toEqual({ ...error });
  });

  test('arrives where the program has made something else of stacks', () => {
    const usual = Error.prepareStackTrace;
    const error = new DatabaseLocked('in use', 4711, 'node-1');
    try {
      Error.prepareStackTrace = (_error, sites) => sites;
      expect(sent(error)).toMatchObject({ name: 'DatabaseLocked', code: 'DATABASE_LOCKED', pid: 4711 });
    } finally {
      // It may have been unset.
      Reflect.set(Error, 'prepareStackTrace', usual);
    }
  });

  test('tells where it was thrown, and by which calls of this thread', async () => {
    const thrown = new DatabaseLocked('in use', 4711, 'node-1');
    async function answer(): Promise<void> {
      await Promise.resolve();
      throw sent(thrown);
    }
    async function callOfTheUser(): Promise<void> {
      await answer();
    }
    const { stack } = (await callOfTheUser().catch((error: Error) => error)) ?? {};
    expect(stack?.startsWith(`${thrown.stack}\n`)).toBe(true);
    expect(stack).toContain('callOfTheUser');
    expect(stack?.match(/in use/g)).toHaveLength(1);
  });

  test('is an error to consoles, debuggers and other threads', () => {
    const error = sent(new StorageFailure('disk full', '/cl.sqlite', 'ENOSPC'));
    expect(types.isNativeError(error)).toBe(true);
    expect(structuredClone(error)).toBeInstanceOf(Error);
    expect(structuredClone(error).message).toBe('disk full');
  });

  test('arrives although its causes form a circle', () => {
    const inner = new Error('inner');
    const outer = new Error('outer', { cause: inner });
    inner.cause = outer;
    const error = sent(outer);
    expect(error.message).toBe('outer');
    expect(error.cause).toMatchObject({ message: 'inner', cause: { message: 'outer' } });
  });

  test('gets its class where it arrives, whatever threads passed it on', () => {
    const passedOn = fromWire(toWire(new StorageFailure('disk full', '/cl.sqlite', 'ENOSPC', { cause: 'sda' })));
    expect(passedOn).not.toBeInstanceOf(StorageFailure);
    const error = revived(passedOn);
    expect(error).toBeInstanceOf(StorageFailure);
    expect(error).toMatchObject({ message: 'disk full', code: 'STORAGE_FAILURE', path: '/cl.sqlite', errno: 'ENOSPC' });
    expect(error).toMatchObject({ cause: { message: 'sda' }, stack: passedOn.stack });
    expect(revived(error)).toBe(error);
  });

  test('becomes an Error if a thrown value is none', () => {
    expect(sent('a string')).toMatchObject({ name: 'Error', message: 'a string' });
  });
});
