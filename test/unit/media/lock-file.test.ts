/** The lock file: one holder, named in it; the lock of a dead holder goes to exactly one successor. */
import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type TestContext, test, vi } from 'vitest';
import { DatabaseLocked, DatabaseUnavailable } from '../../../src/errors/index.ts';
import { takeLock } from '../../../src/media/locks/lock-file.ts';
import { describeSelf, type Holder, parseHolder, stateOf } from '../../../src/media/locks/lock-holder.ts';

/** A program that takes the given lock at the given time, and reports the outcome. */
const contender = `
import { parentPort } from 'node:worker_threads';
import { takeLock } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../../src/media/locks/lock-file.ts'))};
const say = (message) => (parentPort === null ? process.send(message) : parentPort.postMessage(message));
let lock;
const serve = async ({ database, at }) => {
  if (database === null) {
    lock?.release();
    lock = undefined;
    say('released');
    return;
  }
  while (Date.now() < at);
  try {
    lock = await takeLock(database);
    say('won');
  } catch (error) {
    say(error.name + ': ' + error.message);
  }
};
if (parentPort === null) process.on('message', serve);
else parentPort.on('message', serve);
`;

let program: string;
let built: string;
beforeAll(async () => {
  built = fs.mkdtempSync(path.join(os.tmpdir(), 'contender-'));
  program = path.join(built, 'contender.mjs');
  await build({
    stdin: { contents: contender, resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: program,
  });
});
afterAll(() => fs.rmSync(built, { recursive: true }));

let folder: string;
let database: string;
let lockFile: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'));
  database = path.join(folder, 'cl.sqlite');
  lockFile = `${database}.lock`;
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true });
});

function start(): ChildProcess {
  const child = fork(program, { execArgv: [] });
  children.push(child);
  return child;
}

async function ask(child: ChildProcess, name: string | null, at = 0): Promise<string> {
  const answer = once(child, 'message');
  child.send({ database: name, at });
  const [message] = await answer;
  return String(message);
}

/** Takes the lock in a process that is killed, and returns its text. */
async function deadLock(): Promise<string> {
  const child = start();
  expect(await ask(child, database)).toBe('won');
  const text = fs.readFileSync(lockFile, 'utf8');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return text;
}

const refusal = (name = database): Promise<unknown> =>
  takeLock(name).then(
    (lock) => lock.release(),
    (error: unknown) => error,
  );
const self = (changes: Partial<Holder> = {}): string => JSON.stringify({ ...describeSelf(fs), ...changes });

/** Other systems only have the process id to go by. */
const onlyLinux = (context: TestContext) =>
  context.skip(process.platform !== 'linux', 'only Linux tells when a process started');

describe('a free lock', () => {
  test('is taken as a file that names its holder, and nothing else is left beside it', async () => {
    const lock = await takeLock(database);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite.lock']);
    expect(JSON.parse(fs.readFileSync(lockFile, 'utf8'))).toMatchObject({
      pid: process.pid,
      host: os.hostname(),
      program: `node ${process.versions.node}`,
    });
    lock.release();
    lock.release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('can be taken again after release()', async () => {
    (await takeLock(database)).release();
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('in a missing folder is an error that names the lock file', async () => {
    const error = await refusal(path.join(folder, 'none', 'cl.sqlite'));
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error).toHaveProperty('message', expect.stringContaining('none/cl.sqlite.lock'));
  });
});

describe('the lock file', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Lets writing a lock file fail the second time, after a part: as if there were room for one of them only. */
  function fillUpDuringSecond(): void {
    const { writeSync } = fs;
    let writes = 0;
    vi.spyOn(fs, 'writeSync').mockImplementation((...parameters: unknown[]) => {
      const [descriptor, bytes] = parameters as [number, Uint8Array];
      writes += 1;
      if (writes === 1) return writeSync(descriptor, bytes);
      if (writes === 2) return writeSync(descriptor, bytes.subarray(0, 100));
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    });
  }

  function withoutLinks(code = 'EPERM'): void {
    vi.spyOn(fs, 'linkSync').mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
  }

  test('is complete even if the system writes a few bytes at a time', async () => {
    const { writeSync } = fs;
    vi.spyOn(fs, 'writeSync').mockImplementation((...parameters: unknown[]) => {
      const [descriptor, bytes, start = 0] = parameters as [number, Uint8Array, number?];
      return writeSync(descriptor, bytes, start, Math.min(7, bytes.length - start));
    });
    const lock = await takeLock(database);
    expect(parseHolder(fs.readFileSync(lockFile, 'utf8'))).toEqual(lock.holder);
    lock.release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('does not stay if only a part of it could be written', async () => {
    vi.spyOn(fs, 'writeSync').mockImplementationOnce((...parameters: unknown[]) => {
      const [descriptor, bytes] = parameters as [number, Uint8Array];
      vi.spyOn(fs, 'writeSync').mockImplementation(() => {
        throw Object.assign(new Error('EFBIG'), { code: 'EFBIG' });
      });
      return fs.writevSync(descriptor, [Buffer.from(bytes).subarray(0, 100)]);
    });
    expect(await refusal()).toMatchObject({ name: 'StorageFailure', errno: 'EFBIG', path: lockFile });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test.each(['EPERM', 'EACCES', 'EISDIR', 'ENOTSUP'])(
    'is taken, refused and released where there are no hard links (%s)',
    async (code) => {
      withoutLinks(code);
      const lock = await takeLock(database);
      expect(await refusal()).toMatchObject({ name: 'DatabaseLocked', pid: process.pid });
      lock.release();
      fs.writeFileSync(lockFile, self({ pid: 2_000_000_000 }));
      (await takeLock(database)).release();
      expect(fs.readdirSync(folder)).toEqual([]);
    },
  );

  test('keeps nobody out if the disk filled up while it was created where there are no hard links', async () => {
    withoutLinks();
    fillUpDuringSecond();
    expect(await refusal()).toMatchObject({ name: 'StorageFailure', errno: 'ENOSPC', path: lockFile });
    expect(fs.readdirSync(folder)).toEqual([]);
    vi.mocked(fs.writeSync).mockRestore();
    (await takeLock(database)).release();
  });
});

describe('a held lock', () => {
  test('is refused within the same process, with its id and host', async () => {
    const lock = await takeLock(database);
    const error = await refusal();
    expect(error).toBeInstanceOf(DatabaseLocked);
    expect(error).toMatchObject({ pid: process.pid, host: os.hostname() });
    expect(error).toHaveProperty('message', expect.stringMatching(/this very process.*Close it first/));
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite.lock']);
    lock.release();
  });

  test('is refused between processes in either direction', async () => {
    const child = start();
    expect(await ask(child, database)).toBe('won');
    const error = await refusal();
    expect(error).toMatchObject({ name: 'DatabaseLocked', pid: child.pid, host: os.hostname() });
    expect(error).toHaveProperty('message', expect.stringContaining(`process ${child.pid}`));
    expect(await ask(start(), database)).toMatch(/^DatabaseLocked/);
    await ask(child, null);
    (await takeLock(database)).release();
  });

  test('is refused without waiting', async () => {
    const lock = await takeLock(database);
    const before = performance.now();
    await refusal();
    expect(performance.now() - before).toBeLessThan(2000);
    lock.release();
  });

  test('of another host is not taken over, and the error names the file to remove', async () => {
    const text = self({ host: 'elsewhere', pid: 2_000_000_000 });
    fs.writeFileSync(lockFile, text);
    const error = await refusal();
    expect(error).toMatchObject({ name: 'DatabaseLocked', pid: 2_000_000_000, host: 'elsewhere' });
    expect(error).toHaveProperty('message', expect.stringContaining(`remove ${lockFile}`));
    expect(error).toHaveProperty('message', expect.stringContaining('on another machine or container than'));
    expect(fs.readFileSync(lockFile, 'utf8')).toBe(text);
  });

  test('of another container is not taken over, since its process ids mean nothing here', async () => {
    fs.writeFileSync(lockFile, self({ namespace: 'pid:[1]', pid: 2_000_000_000 }));
    const error = await refusal();
    expect(error).toHaveProperty('message', expect.stringContaining(`remove ${lockFile}`));
    expect(error).toHaveProperty('message', expect.stringContaining('in another container'));
  });

  test('of a process to which the machine started at another time is not taken over', async (context) => {
    const into = ['--time', '--fork', '--kill-child', '--boottime', '1000000'];
    const { status } = spawnSync('unshare', [...into, 'true']);
    context.skip(status !== 0, 'only root of Linux 5.6 and later can make a time namespace');
    const child = fork(program, { execPath: 'unshare', execArgv: [...into, process.execPath] });
    children.push(child);
    expect(await ask(child, database)).toBe('won');
    const text = fs.readFileSync(lockFile, 'utf8');
    expect(await refusal()).toMatchObject({
      name: 'DatabaseLocked',
      message: expect.stringContaining('in another container'),
    });
    expect(fs.readFileSync(lockFile, 'utf8')).toBe(text);
    expect(await ask(child, null)).toBe('released');
  });

  test.each(['', '{"pid":', 'not a lock', '[]', '{"pid":"1","host":"here"}', '{"pid":0,"host":"here"}'])(
    'with the content %j is refused and left as it is',
    async (content) => {
      fs.writeFileSync(lockFile, content);
      const error = await refusal();
      expect(error).toBeInstanceOf(DatabaseLocked);
      expect(error).toHaveProperty('message', expect.stringContaining(`${lockFile} does not name its holder`));
      expect(fs.readFileSync(lockFile, 'utf8')).toBe(content);
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite.lock']);
    },
  );

  test.each([
    ['a pipe', () => execFileSync('mkfifo', [lockFile])],
    ['a link to a device without an end', () => fs.symlinkSync('/dev/zero', lockFile)],
    ['a folder', () => fs.mkdirSync(lockFile)],
  ])('that is %s is refused without being read', async (_what, make) => {
    make();
    const error = await refusal();
    expect(error).toBeInstanceOf(DatabaseLocked);
    expect(error).toHaveProperty('message', expect.stringContaining(`${lockFile} does not name its holder`));
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite.lock']);
  });

  test('that is a dangling link is refused by its name', async () => {
    fs.symlinkSync(path.join(folder, 'nowhere'), lockFile);
    expect(await refusal()).toHaveProperty('message', expect.stringContaining(`${lockFile} does not name its holder`));
    expect(fs.readlinkSync(lockFile)).toBe(path.join(folder, 'nowhere'));
  });

  test('that is still empty is read again a moment later', async () => {
    fs.writeFileSync(lockFile, '');
    setTimeout(() => fs.writeFileSync(lockFile, self()), 30);
    expect(await refusal()).toHaveProperty('message', expect.stringContaining('this very process'));
  });

  test('of a new holder is not removed by release() of the previous one', async () => {
    const lock = await takeLock(database);
    fs.writeFileSync(lockFile, self());
    lock.release();
    expect(fs.existsSync(lockFile)).toBe(true);
  });
});

describe('the lock of a dead holder', () => {
  test('is taken over if its process was killed', async () => {
    await deadLock();
    const lock = await takeLock(database);
    expect(parseHolder(fs.readFileSync(lockFile, 'utf8'))?.pid).toBe(process.pid);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite.lock']);
    lock.release();
  });

  test('is taken over if no process has its id, even if the lock says little else', async () => {
    fs.writeFileSync(lockFile, JSON.stringify({ pid: 2_000_000_000, host: os.hostname() }));
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('is taken over if its process id now belongs to a younger process', async (context) => {
    onlyLinux(context);
    fs.writeFileSync(lockFile, self({ started: 1 }));
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('is stale after a reboot of the machine', (context) => {
    onlyLinux(context);
    const here = { ...describeSelf(fs), machine: 'cafe' };
    expect(stateOf({ ...here, boot: '00000000-0000-0000-0000-000000000000' }, here, fs)).toBe('dead');
  });

  test.each(['0badcafe', null])(
    'is not taken over after another boot on a host of the same name with the machine id %j',
    async (machine) => {
      const text = self({ boot: '00000000-0000-0000-0000-000000000000', machine });
      fs.writeFileSync(lockFile, text);
      const error = await refusal();
      expect(error).toHaveProperty('message', expect.stringContaining(`remove ${lockFile}`));
      expect(error).toHaveProperty('message', expect.stringContaining('/etc/machine-id'));
      expect(fs.readFileSync(lockFile, 'utf8')).toBe(text);
    },
  );

  test('is taken over if its worker has ended, even if the process is alive', async (context) => {
    onlyLinux(context);
    const worker = new Worker(program);
    const answer = once(worker, 'message');
    worker.postMessage({ database, at: 0 });
    expect((await answer)[0]).toBe('won');
    expect(await refusal()).toMatchObject({ name: 'DatabaseLocked', pid: process.pid });
    await worker.terminate();
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('goes to exactly one of eight processes, twenty times', { timeout: 60_000 }, async () => {
    const text = await deadLock();
    const contenders = Array.from({ length: 8 }, start);
    for (let round = 0; round < 20; round++) {
      const token = round.toString(16).padStart(32, '0');
      const dead = JSON.stringify({ ...parseHolder(text), token });
      fs.writeFileSync(lockFile, dead);
      // In every other round a process has died during its takeover.
      if (round % 2 === 1) fs.writeFileSync(`${lockFile}.${token}.takeover`, text);
      const at = Date.now() + 30;
      const answers = await Promise.all(contenders.map((child) => ask(child, database, at)));
      expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
      expect(answers.filter((answer) => answer.startsWith('DatabaseLocked'))).toHaveLength(7);
      const winner = contenders[answers.indexOf('won')];
      expect(parseHolder(fs.readFileSync(lockFile, 'utf8'))?.pid).toBe(winner?.pid);
      await Promise.all(contenders.map((child) => ask(child, null)));
      expect(fs.readdirSync(folder)).toEqual([]);
    }
  });

  test('is refused to a process that comes in the moment of its replacement', async () => {
    await deadLock();
    const answers: string[] = [];
    const replace = fs.renameSync;
    vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
      // Another program comes between the last check of the lock and its replacement.
      const other = `const child = require('node:child_process').fork(${JSON.stringify(program)});
        child.on('message', (answer) => process.exit(console.log(answer)));
        child.send(${JSON.stringify({ database, at: 0 })});`;
      answers.push(spawnSync(process.execPath, ['-e', other], { encoding: 'utf8' }).stdout);
      replace(from, to);
    });
    const lock = await takeLock(database);
    expect(answers).toEqual([
      expect.stringContaining(`DatabaseLocked: ${database} is in use by process ${process.pid}`),
    ]);
    lock.release();
  });

  test('is contested like a free lock, which goes to exactly one of eight processes', async () => {
    const contenders = Array.from({ length: 8 }, start);
    await Promise.all(contenders.map((child) => ask(child, null)));
    const at = Date.now() + 30;
    const answers = await Promise.all(contenders.map((child) => ask(child, database, at)));
    expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
  });

  test('is removed along with other leftovers of dead programs, and other files are kept', async () => {
    const text = await deadLock();
    fs.writeFileSync(`${lockFile}.0123456789abcdef`, text);
    fs.writeFileSync(`${lockFile}.backup`, 'mine');
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite.lock.backup']);
  });
});

describe('a draft of a lock whose program was killed', () => {
  const draft = (): string => `${lockFile}.0123456789abcdef0123456789abcdef`;

  test('is removed with the next lock', async () => {
    fs.writeFileSync(draft(), self({ pid: 2_000_000_000, thread: null }));
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('is removed even if it is empty, since its name says whose it was', async (context) => {
    onlyLinux(context);
    const dead = parseHolder(await deadLock()) ?? expect.unreachable();
    fs.unlinkSync(lockFile);
    fs.writeFileSync(`${lockFile}.${dead.token}`, '');
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('is kept while it is empty and its process is alive', async () => {
    const { token } = describeSelf(fs);
    fs.writeFileSync(`${lockFile}.${token}`, '');
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([`cl.sqlite.lock.${token}`]);
  });

  test('of unknown origin is removed even if it is empty, once it is old enough', async () => {
    fs.writeFileSync(draft(), '');
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toHaveLength(1);
    fs.utimesSync(draft(), new Date(0), new Date(0));
    (await takeLock(database)).release();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('is kept if the folder cannot be listed, and the lock is taken all the same', async () => {
    vi.spyOn(fs, 'readdirSync').mockImplementationOnce(() => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    });
    (await takeLock(database)).release();
    expect(fs.existsSync(lockFile)).toBe(false);
  });
});

describe('stateOf()', () => {
  test('reports a process of another user as alive', () => {
    const me = describeSelf(fs);
    expect(stateOf({ ...me, pid: 1, thread: null, started: null }, me, fs)).toBe('alive');
  });

  test('reports a zombie process as dead', async (context) => {
    onlyLinux(context);
    // A shell that starts a child and then becomes a program that never waits for it, which leaves a zombie.
    const { spawn } = await import('node:child_process');
    const shell = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 5'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = await once(shell.stdout, 'data');
      const pid = Number(String(line));
      const stat = () => fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
      const started = Number(stat().split(' ')[21]);
      const holder = { ...describeSelf(fs), pid, thread: pid, started };
      expect(stateOf(holder, describeSelf(fs), fs)).toBe('alive');
      await expect.poll(() => stat().split(' ')[2]).toBe('Z');
      expect(stateOf(holder, describeSelf(fs), fs)).toBe('dead');
    } finally {
      shell.kill('SIGKILL');
    }
  });
});

describe('a released lock whose file could not be removed is no obstacle to this process', () => {
  test('because its folder was moved', async () => {
    const lock = await takeLock(database);
    const moved = `${folder}-moved`;
    fs.renameSync(folder, moved);
    lock.release();
    const again = path.join(moved, 'cl.sqlite');
    expect(fs.existsSync(`${again}.lock`)).toBe(true);
    (await takeLock(again)).release();
    expect(fs.readdirSync(moved)).toEqual([]);
    fs.renameSync(moved, folder);
  });

  test('because its folder could not be written to', async () => {
    const lock = await takeLock(database);
    const refuse = vi.spyOn(fs, 'unlinkSync').mockImplementation(() => {
      throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
    });
    expect(() => lock.release()).toThrow('EPERM');
    refuse.mockRestore();
    await expect(takeLock(database)).resolves.toMatchObject({ path: lockFile });
  });
});
