/**
 * A `sqlite3` on the PATH that is a script and starts the real program as its child: the lock that keeps native programs
 * out is then held by another process than the one that was started. No process is left, however they end.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Keeper } from '../../src/media/locks/keeper.ts';
import { ProgramRunner } from '../../src/media/locks/keeper-program.ts';
import type { StartKeeper } from '../../src/media/locks/start-keeper.ts';
import type { SqliteEngine } from '../../src/sql/engines/sqlite/sqlite.ts';
import { openGuarded } from '../support/engines.ts';
import { needs } from '../support/native-programs.ts';
import { type NativeShell, needsLockTable, python3 } from '../support/native-shell.ts';
import { startProgram } from '../support/program.ts';
import { node } from '../support/runtimes.ts';

/** Does not replace itself with the program: the last command keeps shells from doing so by themselves. */
const waiting = '#!/bin/sh\nSQLITE "$@"\nexit $?\n';
/** Starts the program as nobody's child, as a service would, and waits for it. */
const apart = `#!/bin/sh
exec 3<&0
pid=$(SQLITE "$@" <&3 >/dev/null & echo $!)
exec 3<&- 0</dev/null
while kill -0 $pid 2>/dev/null; do sleep 0.02; done
`;

let folder: string;
let database: string;
let shell: NativeShell;
const engines: SqliteEngine[] = [];
const PATH = process.env['PATH'] ?? '';

beforeEach((context) => {
  needs('python3', 'sqlite3');
  needsLockTable(context);
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'wrapped-')));
  database = path.join(folder, 'cl.sqlite');
  shell = python3.start(database);
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  for (const engine of engines.splice(0)) await engine.close();
  await shell?.kill();
  if (folder === undefined) return;
  fs.rmSync(folder, { recursive: true, force: true });
  const left = programs();
  for (const pid of left) process.kill(pid, 'SIGKILL');
  expect(left).toEqual([]);
});

/** Puts a script named `sqlite3` first on the PATH. */
function wrap(script: string): void {
  const real = PATH.split(path.delimiter).find((one) => fs.existsSync(path.join(one, 'sqlite3'))) ?? '';
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'sqlite3'), script.replace('SQLITE', path.join(real, 'sqlite3')), { mode: 0o755 });
  process.env['PATH'] = `${bin}${path.delimiter}${PATH}`;
}

/** The processes that hold the lock or lead to one, in the order in which they were started. */
function programs(): number[] {
  const argument = `\0-init\0/dev/null\0${database}\0`;
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && commandOf(pid).includes(argument))
    .sort((a, b) => a - b);
}

function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

const keeper: StartKeeper = async (file) => {
  const runner = await ProgramRunner.start(file);
  return runner === null ? null : new Keeper(runner, file);
};
async function open(busyTimeout = 20_000): Promise<SqliteEngine> {
  const engine = await openGuarded(database, { keeper, busyTimeout });
  engines.push(engine);
  return engine;
}
const locked = expect.stringContaining('error: database is locked');

describe('a script that waits for the program', () => {
  beforeEach(() => wrap(waiting));

  test('holds the lock, and leaves no process when the database is closed', async () => {
    const engine = await open();
    expect(engine.nativeLocks).toBe('held');
    expect(programs()).toHaveLength(2);
    await engine.run('CREATE TABLE t (id)');
    await engine.transaction(async (connection) => {
      await connection.run('INSERT INTO t VALUES (1)');
      expect(await shell.run('SELECT * FROM t')).toEqual(locked);
    });
    expect(await shell.run('SELECT * FROM t')).toBe('1');
    expect(await shell.run('INSERT INTO t VALUES (2)')).toEqual(locked);
    await engine.close();
    expect(programs()).toEqual([]);
    expect(await shell.run('INSERT INTO t VALUES (2)')).toBe('');
  });

  test('leaves no process even if the program does not respond when the database is closed', async () => {
    const engine = await open();
    process.kill(programs()[1] ?? 0, 'SIGSTOP');
    await engine.close();
    await expect.poll(programs).toEqual([]);
  });

  test.each([
    ['the script', 0],
    ['the program', 1],
  ])('is started again before the next change if %s was killed', async (_, place) => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    const before = programs();
    process.kill(before[place] ?? 0, 'SIGKILL');
    await expect.poll(programs).toEqual([]);
    await engine.run('INSERT INTO t VALUES (1)');
    expect(programs()).toHaveLength(2);
    expect(await shell.run('INSERT INTO t VALUES (2)')).toEqual(locked);
    expect(await shell.run('SELECT * FROM t')).toBe('1');
  });

  test('fails a change before the file is written if the program is killed during it', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    const before = fs.readFileSync(database);
    const work = engine.transaction(async (connection) => {
      await connection.run('INSERT INTO t VALUES (1)');
      process.kill(programs()[1] ?? 0, 'SIGKILL');
      await expect.poll(programs).toEqual([]);
    });
    await expect(work).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    expect(fs.readFileSync(database)).toEqual(before);
    await engine.run('INSERT INTO t VALUES (1)');
  });

  test('ends with the process that uses the database, even if that is killed', async () => {
    const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const file = path.join(folder, 'program.mjs');
    fs.writeFileSync(
      file,
      `import { KeyValue, setup } from ${JSON.stringify(index)};
       const getBuiltinModule = process.getBuiltinModule;
       process.getBuiltinModule = (name) => (name === 'node:sqlite' ? undefined : getBuiltinModule(name));
       const persistence_config = { storage: 'db', connection: ${JSON.stringify(`sqlite:///${database}`)} };
       const cl = await setup({ persistence_config, worker: false });
       await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
       console.log(JSON.stringify(await cl.info()));
       setInterval(() => {}, 1000);`,
    );
    const program = startProgram<{ native_locks: string }>([...(node.command ?? expect.unreachable()), file]);
    expect(await program.heard(() => true)).toMatchObject({ native_locks: 'held' });
    expect(programs()).toHaveLength(2);
    await program.kill();
    await expect.poll(programs).toEqual([]);
  });
});

test('where the lock is held by an unrelated process, the locks of others are respected, as without any sqlite3', async () => {
  wrap(apart);
  const engine = await open(300);
  expect(engine.nativeLocks).toBe('seen');
  expect(programs()).toEqual([]);
  await engine.run('CREATE TABLE t (id)');
  expect(await shell.run('BEGIN IMMEDIATE')).toBe('');
  await expect(engine.run('INSERT INTO t VALUES (1)')).rejects.toMatchObject({
    name: 'DatabaseLocked',
    pid: shell.pid,
  });
});
