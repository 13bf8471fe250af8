/** A command whose terminal goes away cleans up, unless it was started to carry on; the next one does so for one that was killed. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, type TestContext, test, vi } from 'vitest';
import { cli, program } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { missingTerminal } from '../support/pty.ts';
import { bun } from '../support/runtimes.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Starts a program and waits for something; `ended` resolves with its exit code. */
async function started(
  [command, ...parameters]: readonly [string, ...string[]],
  isReached: (shown: string) => boolean,
  env: Readonly<Record<string, string>> = {},
) {
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } });
  const ended = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (shown += text));
  while (!isReached(shown)) {
    if (child.exitCode !== null) throw new Error(`It ended with exit code ${child.exitCode}: ${shown}`);
    await setTimeout(5);
  }
  return { child, ended };
}

/** A conversion that takes a while, and whether it has begun to write. */
function conversion(folder: string) {
  const source = copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
  const isWriting = (): boolean => readdirSync(folder).some((name) => name.endsWith('.part-journal'));
  return { parameters: [program, 'convert', source, join(folder, 'new.sqlite')] as const, isWriting };
}

test('SIGHUP stops a command as Ctrl-C does, and a shell that passes it on once more does not cut that short', async () => {
  await inTemporaryFolder(async (folder) => {
    const { parameters, isWriting } = conversion(folder);
    const { child, ended } = await started([process.execPath, ...parameters], isWriting);
    const again = setInterval(() => child.kill('SIGHUP'), 10);
    child.kill('SIGHUP');
    expect(await ended.finally(() => clearInterval(again))).toBe(129);
    expect(readdirSync(folder)).toEqual(['many.sqlite']);
  });
});

test.each([
  ['dump', ['--json']],
  ['convert', ['-']],
])('%s that is stopped while it prints says that its output is incomplete', async (command, others) => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
    const child = spawn(process.execPath, [program, command, source, ...others], {
      env: { ...process.env, NO_COLOR: '1' },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    // It is held up until the rest is read, which is done when it has been stopped.
    await new Promise<void>((resolve) => void child.stdout.once('readable', resolve));
    child.kill('SIGINT');
    await expect.poll(() => said).toMatch(/"?Stopped/);
    child.stdout.resume();
    expect(await ended).toBe(130);
    expect(said).toContain('Stopped. The output is incomplete.');
    expect(said).not.toContain('rolled back');
  });
});

test('a command started by nohup carries on, on runtimes that leave SIGHUP ignored', async (context) => {
  const [runtime] = bun.command ?? [];
  if (runtime === undefined) return context.skip(bun.missing);
  await inTemporaryFolder(async (folder) => {
    const { parameters, isWriting } = conversion(folder);
    const { child, ended } = await started(['nohup', runtime, ...parameters, '--no-verify'], isWriting);
    child.kill('SIGHUP');
    expect(await ended).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['many.sqlite', 'new.sqlite']);
  });
});

/** Starts a program on a terminal that then goes away; returns its exit code as a shell sees it. */
async function withoutTerminal(
  context: TestContext,
  folder: string,
  parameters: readonly string[],
  isReached: (shown: string) => boolean,
): Promise<number> {
  if (missingTerminal !== null) context.skip(missingTerminal);
  const quoted = [process.execPath, ...parameters].map((word) => `'${word}'`).join(' ');
  // A shell survives and, like one that a person uses, passes the signal on. In the background, `<&0` would be /dev/null.
  const line = `exec 3<&0; ${quoted} <&3 3<&- & child=$!; trap 'kill -HUP $child' HUP; wait $child; wait $child; echo $? > "$CODE"`;
  const code = join(folder, 'code');
  const { child } = await started(['script', '-qec', line, '/dev/null'], isReached, {
    CODE: code,
    SHELL: '/bin/sh',
  });
  child.kill('SIGKILL');
  await expect.poll(() => existsSync(code) && readFileSync(code, 'utf8')).toMatch(/^\d+\n$/);
  return Number(readFileSync(code, 'utf8'));
}

// Node crashes if it exits as usual then: it cannot restore the settings of a terminal that is gone.
test('a command whose terminal is closed ends without a crash and leaves nothing behind', async (context) => {
  await inTemporaryFolder(async (folder) => {
    const { parameters, isWriting } = conversion(folder);
    expect(await withoutTerminal(context, folder, parameters, isWriting)).toBe(129);
    expect(readdirSync(folder).sort()).toEqual(['code', 'many.sqlite']);
  });
});

test('the question of --repair counts as not answered if the terminal is closed', async (context) => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const before = readFileSync(path);
    const parameters = [program, 'check', '--repair', path];
    expect(await withoutTerminal(context, folder, parameters, (shown) => shown.includes('Repair?'))).toBe(129);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['code', 'rich.sqlite']);
  });
});

test('the files that a killed command left are removed with the next one for the same target, and no others', async () => {
  await inTemporaryFolder(async (folder) => {
    const { parameters, isWriting } = conversion(folder);
    const { child, ended } = await started([process.execPath, ...parameters], isWriting);
    const [living = ''] = readdirSync(folder).filter((name) => name.endsWith('.part'));
    const target = join(folder, 'new.sqlite');
    const source = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    // Of a command that still runs, if slowly.
    child.kill('SIGSTOP');
    expect(await cli(['convert', source, target])).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toContain(living);
    child.kill('SIGKILL');
    await ended;
    const others = [
      living.replace('new.sqlite', 'other.sqlite'),
      // Of another machine or container, and of nobody.
      living.replace(/(new\.sqlite\.)(.)/, (_, start, digit) => `${start}${digit === '0' ? '1' : '0'}`),
      'new.sqlite.0123abcd.part',
      `${living}.kept`,
    ];
    for (const name of others) writeFileSync(join(folder, name), '');
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([living, `${living}-journal`, `${living}.lock`]));
    expect(await cli(['convert', source, target, '--force'])).toMatchObject({ code: 0 });
    expect(readdirSync(folder).sort()).toEqual([...others, 'many.sqlite', 'new.sqlite', 'one.sqlite'].sort());
  });
});
