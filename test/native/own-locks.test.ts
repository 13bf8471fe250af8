/** The locks that another process holds for us: confirmed level by level, and without the table of all locks. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LockLevel, NativeLocks } from '../../src/media/native-locks.ts';
import { type NativeShell, needs, needsLockTable, python3, sqlite3 } from '../support/native-shell.ts';

const levels = Object.values(LockLevel);

describe.each([python3, sqlite3])('the locks that $name holds for us', (program) => {
  let folder: string;
  let shell: NativeShell;
  let descriptor: number;
  let locks: NativeLocks;
  /** How often the table of all locks was read. */
  let tableReads: number;

  beforeEach(async (context) => {
    needsLockTable(context);
    needs(context, program);
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'own-locks-')));
    const database = path.join(folder, 'cl.sqlite');
    shell = program.start(database);
    await shell.run('CREATE TABLE t (id)');
    descriptor = fs.openSync(database, 'r');
    tableReads = 0;
    let table: number;
    const counting = {
      ...fs,
      openSync(name: string, flags: string) {
        const opened = fs.openSync(name, flags);
        if (name === '/proc/locks') table = opened;
        return opened;
      },
      readSync(from: number, ...rest: [Uint8Array, number, number, number]) {
        if (from === table) tableReads += 1;
        return fs.readSync(from, ...rest);
      },
    };
    // It uses nothing else of it in any other way.
    locks = NativeLocks.of(counting as unknown as typeof fs, database, descriptor, true) ?? expect.unreachable();
    locks.adopt(shell.pid);
  });
  afterEach(async () => {
    locks?.close();
    fs.closeSync(descriptor);
    await shell?.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const held = (): number[] => levels.filter((level) => level > LockLevel.none && locks.holds(level));

  test.each([
    ['BEGIN; SELECT * FROM t', LockLevel.shared],
    ['BEGIN IMMEDIATE', LockLevel.reserved],
    ['BEGIN EXCLUSIVE', LockLevel.exclusive],
  ])('%s are confirmed up to their level, and no longer after ROLLBACK', async (sql, level) => {
    for (const statement of sql.split('; ')) expect(await shell.run(statement)).not.toMatch(/error/);
    expect(held()).toEqual(levels.filter((one) => one > LockLevel.none && one <= level));
    expect(await shell.run('ROLLBACK')).toBe('');
    expect(held()).toEqual([]);
    expect(await shell.run('BEGIN EXCLUSIVE')).toBe('');
    expect(locks.holds(LockLevel.exclusive)).toBe(true);
    await shell.kill();
    expect(held()).toEqual([]);
  });

  test('are confirmed without reading the table of all locks, which costs milliseconds', async () => {
    expect(await shell.run('BEGIN EXCLUSIVE')).toBe('');
    expect(locks.holds(LockLevel.exclusive)).toBe(true);
    expect(locks.holds(LockLevel.reserved)).toBe(true);
    expect(locks.hasReadersOfLog()).toBe(false);
    expect(tableReads).toBe(0);
    expect(await shell.run('ROLLBACK')).toBe('');
    expect(locks.holds(LockLevel.shared)).toBe(false);
    expect(tableReads).toBeGreaterThan(0);
  });
});
