/** The locks that another process holds for us: confirmed level by level, and without the table of all locks. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LockLevel } from '../../src/media/locks/lock-level.ts';
import { NativeLocks } from '../../src/media/locks/native-locks.ts';
import { needs } from '../support/native-programs.ts';
import { type NativeShell, needsLockTable, python3, sqlite3 } from '../support/native-shell.ts';

const levels = Object.values(LockLevel);

describe.each([python3, sqlite3])('the locks that $name holds for us', (program) => {
  let folder: string;
  let shell: NativeShell;
  let descriptor: number;
  let locks: NativeLocks;
  /** How often the table of all locks was read. */
  let tableReads: number;
  /** The files of /proc that are open. */
  let opened: Map<number, string>;
  /** What looking at single processes fails with. */
  let refusal: string | null;

  beforeEach(async (context) => {
    needsLockTable(context);
    needs(program.name);
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'own-locks-')));
    const database = path.join(folder, 'cl.sqlite');
    shell = program.start(database);
    await shell.run('CREATE TABLE t (id)');
    descriptor = fs.openSync(database, 'r');
    tableReads = 0;
    opened = new Map();
    refusal = null;
    const refuse = (): void => {
      if (refusal !== null) throw Object.assign(new Error(refusal), { code: refusal });
    };
    const counting = {
      ...fs,
      openSync(name: string, flags: string) {
        if (name !== '/proc/locks') refuse();
        const each = fs.openSync(name, flags);
        opened.set(each, name);
        return each;
      },
      readSync(from: number, ...rest: [Uint8Array, number, number, number]) {
        if (opened.get(from) === '/proc/locks') tableReads += 1;
        return fs.readSync(from, ...rest);
      },
      closeSync(each: number) {
        fs.closeSync(each);
        if (!opened.delete(each)) throw new Error(`descriptor ${each} was not open`);
      },
      readdirSync(name: string) {
        if (refusal === 'EACCES') refuse();
        return fs.readdirSync(name);
      },
    };
    // It uses nothing else of it in any other way.
    locks = NativeLocks.of(counting as unknown as typeof fs, database, descriptor, true) ?? expect.unreachable();
    locks.adopt(shell.pid);
  });
  afterEach(async () => {
    locks?.close();
    expect([...(opened?.values() ?? [])]).toEqual([]);
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

  test.each(['EMFILE', 'EACCES'])(
    'are confirmed by the table where single processes cannot be seen (%s)',
    async (code) => {
      refusal = code;
      expect(await shell.run('BEGIN IMMEDIATE')).toBe('');
      expect(held()).toEqual([LockLevel.shared, LockLevel.reserved]);
      expect(tableReads).toBeGreaterThan(0);
      expect([...opened.values()]).toEqual(['/proc/locks']);
      expect(await shell.run('ROLLBACK')).toBe('');
      expect(held()).toEqual([]);
      refusal = null;
      expect(await shell.run('BEGIN IMMEDIATE')).toBe('');
      expect(held()).toEqual([LockLevel.shared, LockLevel.reserved]);
    },
  );

  test('take no more than one descriptor, however often they come and go', async () => {
    for (let round = 0; round < 20; round += 1) {
      expect(await shell.run('BEGIN IMMEDIATE')).toBe('');
      expect(locks.holds(LockLevel.reserved)).toBe(true);
      expect(opened.size).toBe(2);
      expect(await shell.run('ROLLBACK')).toBe('');
      expect(locks.holds(LockLevel.reserved)).toBe(false);
      expect(opened.size).toBe(1);
    }
  });

  test('are not those of a process that acted for us before', async () => {
    expect(await shell.run('BEGIN IMMEDIATE')).toBe('');
    expect(locks.holds(LockLevel.reserved)).toBe(true);
    locks.adopt(process.ppid);
    expect(held()).toEqual([]);
    expect(locks.others().level).toBe(LockLevel.reserved);
  });

  test('are not those on a new file of the same name', async () => {
    const database = path.join(folder, 'cl.sqlite');
    const other = path.join(folder, 'other.sqlite');
    await shell.close();
    fs.copyFileSync(database, other);
    fs.renameSync(other, database);
    shell = program.start(database);
    locks.adopt(shell.pid);
    expect(await shell.run('BEGIN EXCLUSIVE')).toBe('');
    expect(held()).toEqual([]);
  });
});
