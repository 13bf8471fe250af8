/** Running programs of the host: arguments, timeouts, and missing programs. */
import { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Commands } from '../../../src/drivers/command.ts';
import { CommandFailed, CommandTimedOut, MissingDependency } from '../../../src/errors/index.ts';

const commands = new Commands({ rootHelper: '', timeout: 30, environment: { COLOUR: 'blue' } });

describe('Commands', () => {
  it('passes arguments on unchanged, without a shell', async () => {
    const hostile = ['; rm -rf /', '$(id)', '`id`', 'a b', "it's", '*', ''];
    expect(await commands.run('printf', ['%s\n', ...hostile])).toBe(`${hostile.join('\n')}\n`);
  });

  it('sets the environment, and the locale to C', async () => {
    expect(await commands.run('sh', ['-c', 'echo $COLOUR $LC_ALL'])).toBe('blue C\n');
  });

  it('passes the input to the program', async () => {
    expect(await commands.run('cat', [], { input: 'secret' })).toBe('secret');
  });

  it('succeeds if the program ends without reading its input', async () => {
    expect(await commands.run('true', [], { input: 'x'.repeat(1 << 20) })).toBe('');
  });

  it('reports how a program failed, without its arguments', async () => {
    const failing = commands.run('sh', ['-c', 'echo broken >&2; exit 7', 'hunter2']);
    await expect(failing).rejects.toMatchObject({
      name: 'CommandFailed',
      program: 'sh',
      exit_code: 7,
      stderr: 'broken',
    });
    await expect(failing).rejects.toThrow(CommandFailed);
    await expect(failing).rejects.toThrow(/^(?!.*hunter2)/s);
  });

  it('kills a program at its timeout, even if it ignores SIGTERM, and does not wait for its children', async () => {
    const stubborn = 'trap "" TERM; while :; do sleep 0.1; done';
    const pipes = () => process.getActiveResourcesInfo().filter((resource) => resource === 'PipeWrap').length;
    const before = pipes();
    const short = { timeout: 0.2 };
    await Promise.all([
      expect(commands.run('sleep', ['1000'], short)).rejects.toThrow(CommandTimedOut),
      expect(commands.run('sh', ['-c', stubborn], short)).rejects.toMatchObject({ seconds: 0.2 }),
      // Its child, which survives, still has its pipes: they would keep this process from ending.
      expect(commands.run('sh', ['-c', 'trap "" TERM; sleep 5'], short)).rejects.toThrow(CommandTimedOut),
    ]);
    await vi.waitFor(() => expect(pipes()).toBeLessThanOrEqual(before), { timeout: 1500 });
  });

  it('does not show the arguments of a program that cannot be started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'command-'));
    const file = join(folder, 'no-program');
    writeFileSync(file, '');
    const error: unknown = await commands.run(file, ['--password', 'hunter2']).catch((thrown: unknown) => thrown);
    rmSync(folder, { recursive: true });
    expect(error).toMatchObject({ name: 'CommandFailed', program: file, stderr: 'it cannot be started (EACCES)' });
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('accepts timeouts longer than a timer can wait', async () => {
    expect(await commands.run('sh', ['-c', 'sleep 0.2; echo done'], { timeout: 3e6 })).toBe('done\n');
  });

  it('names a program that this host does not have', async () => {
    await expect(commands.run('no-such-program', [])).rejects.toThrow(MissingDependency);
    await expect(commands.run('no-such-program', [])).rejects.toMatchObject({ missing: 'no-such-program' });
  });
});

describe('the option root_helper', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'helper-'));
    writeFileSync(join(folder, 'helper'), '#!/bin/sh\necho "helped: $*"\n');
    chmodSync(join(folder, 'helper'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is put before commands, with its options, if the user is not root', async () => {
    const helped = new Commands({ rootHelper: `${folder}/helper -n`, timeout: 30, asRoot: false });
    helped.checkRoot();
    expect(await helped.run('lvs', ['vg'])).toBe('helped: -n env LC_ALL=C lvs vg\n');
  });

  it('is used to terminate a program of root, which accepts no signal from other users', async () => {
    const [helper, told] = [join(folder, 'su'), join(folder, 'told')];
    writeFileSync(helper, '#!/bin/sh\nexec "$@"\n');
    chmodSync(helper, 0o755);
    // What Node does if the system forbids the signal.
    const forbidden = vi.spyOn(ChildProcess.prototype, 'kill').mockImplementation(function (this: ChildProcess) {
      this.emit('error', Object.assign(new Error('kill EPERM'), { code: 'EPERM' }));
      return false;
    });
    const program = `trap 'echo asked > ${told}; exit 1' TERM; while :; do sleep 0.05; done`;
    const helped = new Commands({ rootHelper: helper, timeout: 0.5, asRoot: false });
    await expect(helped.run('sh', ['-c', program])).rejects.toThrow(CommandTimedOut);
    forbidden.mockRestore();
    expect(readFileSync(told, 'utf8')).toBe('asked\n');
  });

  it('is asked for if it is missing', () => {
    expect(() => new Commands({ rootHelper: '', timeout: 30, asRoot: false }).checkRoot()).toThrow(MissingDependency);
    expect(() => new Commands({ rootHelper: '', timeout: 30, asRoot: false }).checkRoot()).toThrow(/root_helper/);
  });

  it('is not used by root', async () => {
    const helped = new Commands({ rootHelper: `${folder}/helper`, timeout: 30, asRoot: true });
    helped.checkRoot();
    expect(await helped.run('echo', ['directly'])).toBe('directly\n');
  });
});
