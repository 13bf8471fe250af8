/** Deno, which grants a program only given permissions: reading and writing one folder is enough. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';
import { deno } from '../support/runtimes.ts';

const program = `
  import { truncate } from 'node:fs/promises';
  import { KeyValue, setup } from './dist/index.js';
  const worker = Deno.args[0] === 'worker';
  const persistence_config = { storage: 'db', connection: 'sqlite:///cl.sqlite', read_only: Deno.args[1] === 'ro' };
  try {
    const cl = await setup({ persistence_config, worker });
    if (!persistence_config.read_only) {
      await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
      const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
      const fake = await cl.backend({ volume_backend_name: 'fake', volume_driver });
      const volume = await fake.createVolume(1, { name: 'kept' });
      await volume.attach();
      await volume.detach();
      const driver = 'cinderlib_wasm.drivers.FileVolumeDriver';
      const files = await cl.backend({ volume_backend_name: 'files', volume_driver: driver, directory: 'volumes' });
      const bytes = await files.createVolume(1);
      await bytes.attach();
      await bytes.detach();
      // A snapshot of a few bytes: without cp all of a volume is read.
      await truncate('volumes/volume-' + bytes.id, 4096);
      await (await bytes.createSnapshot()).delete();
      await bytes.extend(2);
      await bytes.delete();
    }
    const [found] = await cl.persistence.getKeyValues('k');
    const { runtime, durability, native_locks } = await cl.info();
    console.log(JSON.stringify({ value: found.value, runtime: runtime.split(' ')[0], durability, native_locks }));
    await cl.close();
  } catch (error) {
    console.log(error.name + ': ' + error.message);
  }
`;

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deno-')));
  cpSync(dist, join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'program.mjs'), program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = ['--allow-read=.', '--allow-write=.'];
const nothingElse = ['env', 'sys', 'run', 'ffi', 'net', 'import'].map((name) => `--deny-${name}`);

function run(flags: readonly string[], ...parameters: readonly string[]): string {
  const [command = ''] = deno.command ?? [];
  const { stdout, stderr } = spawnSync(command, ['run', '--quiet', ...flags, 'program.mjs', ...parameters], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return stdout + stderr;
}

const works = { value: 'v', runtime: 'deno', durability: 'full', native_locks: 'held' };

describe.each(['worker', 'no worker'])('with %s', (worker) => {
  test('needs permission to read and write the folder, and nothing else', (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    expect(JSON.parse(run([...files, ...nothingElse, '--no-prompt'], worker))).toEqual(works);
  });

  test('never prompts for permissions that it can do without', async (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    if (spawnSync('script', ['--version']).status !== 0)
      return context.skip('missing: script; apt-get install bsdutils');
    const [command] = deno.command;
    // Deno prompts only on a terminal.
    const line = `NO_COLOR=1 ${command} run --quiet ${files.join(' ')} program.mjs ${JSON.stringify(worker)}`;
    const env = { ...process.env, SHELL: '/bin/sh' };
    const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    let said = '';
    for await (const chunk of child.stdout) said += chunk;
    clearTimeout(timer);
    expect(said).not.toContain('requests');
    expect(JSON.parse(said)).toEqual(works);
  });

  test('opens read_only without permission to write', (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    run([...files, '--no-prompt'], worker);
    expect(JSON.parse(run(['--allow-read=.', '--no-prompt'], worker, 'ro'))).toMatchObject({ value: 'v' });
  });

  test('takes over a stale lock if it may read /proc and run programs, and otherwise says how to remove it', async (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    // The program is killed while it has the database open.
    const holder = `import { setup } from './dist/index.js';
      await setup({ persistence_config: { storage: 'db', connection: 'sqlite:///cl.sqlite' }, worker: false });
      console.log('open');
      setInterval(() => {}, 1000);`;
    writeFileSync(join(folder, 'holder.mjs'), holder);
    const [command] = deno.command;
    const child = spawn(command, ['run', '--quiet', '--no-prompt', ...files, 'holder.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    // Reading /proc alone does not tell a killed program from one that the system hides.
    for (const proc of [[], ['--allow-read=/proc']]) {
      expect(run([...files, ...proc, '--no-prompt'], worker)).toMatch(
        /^DatabaseLocked: .*cannot be determined: .* without --allow-read=\/proc --allow-run\..* remove .*cl\.sqlite\.lock\.$/m,
      );
    }
    const looking = ['--allow-read=.,/proc', '--allow-write=.', '--allow-run', '--no-prompt'];
    expect(JSON.parse(run(looking, worker))).toEqual(works);
  });

  test('names the missing flag', (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    const unwritable = run(['--allow-read=.', '--no-prompt'], worker);
    expect(unwritable).toMatch(/^DatabaseUnavailable: Cannot create .*cl\.sqlite\.lock: Deno was not allowed to write/);
    expect(unwritable).toContain(`--allow-read=${folder} --allow-write=${folder}.`);
    const unreadable = run(['--allow-read=dist,program.mjs', '--allow-write=.', '--no-prompt'], worker);
    expect(unreadable).toMatch(/^DatabaseUnavailable: Cannot open .*cl\.sqlite: Deno was not allowed to read/);
    expect(unreadable).toContain(`--allow-read=${folder}.`);
    const isolated = run(['--no-prompt'], worker);
    expect(isolated).toMatch(/^(?:WorkerLost|DatabaseUnavailable): .*--allow-read/);
    const withoutPackage = run([...files, '--deny-read=dist', '--no-prompt'], worker);
    expect(withoutPackage).toMatch(/^(?:WorkerLost|EngineMismatch): .*--allow-read/);
    if (worker !== 'worker') expect(withoutPackage).toContain(`--allow-read=${join(folder, 'dist')}.`);
  });

  test('runs the library from a web server, as from a CDN', async (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    const [command] = deno.command;
    // The address of the worker becomes part of another one, where these characters end it if they are decoded.
    await using server = await startServer({ '/"#/dist/': dist });
    const file = join(folder, 'remote.mjs');
    writeFileSync(file, program.replace('./dist/index.js', `${server.origin}/%22%23/dist/index.js`));
    const { host } = new URL(server.origin);
    const remote = (flags: readonly string[]): Promise<string> =>
      new Promise((resolve) => {
        const options = { cwd: folder, env: { ...process.env, DENO_DIR: join(folder, 'cache') }, timeout: 60_000 };
        const parameters = [
          'run',
          '--quiet',
          '--no-prompt',
          ...files,
          `--allow-import=${host}`,
          ...flags,
          file,
          worker,
        ];
        execFile(command, parameters, options, (_error, out, errors) => resolve(out + errors));
      });
    expect(JSON.parse(await remote([`--allow-net=${host}`]))).toEqual(works);
    const without = await remote([]);
    expect(without).toMatch(/^EngineMismatch: .* --allow-net flag/);
    expect(without).not.toContain('--allow-read');
  });
});
