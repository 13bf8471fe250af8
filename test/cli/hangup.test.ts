/** The terminal goes away while a command runs: it cleans up as on Ctrl-C, unless it was started to carry on. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, type TestContext, test, vi } from 'vitest';
import { program } from '../support/cli.ts';
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
  return { parameters: [program, 'convert', source, join(folder, 'new.sqlite'), '--no-verify'] as const, isWriting };
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

test('a command started by nohup carries on, on runtimes that leave SIGHUP ignored', async (context) => {
  const [runtime] = bun.command ?? [];
  if (runtime === undefined) return context.skip(bun.missing);
  await inTemporaryFolder(async (folder) => {
    const { parameters, isWriting } = conversion(folder);
    const { child, ended } = await started(['nohup', runtime, ...parameters], isWriting);
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
  // A shell survives and, like one that a person uses, passes the signal on.
  const line = `${quoted} <&0 & child=$!; trap 'kill -HUP $child' HUP; wait $child; wait $child; echo $? > "$CODE"`;
  const code = join(folder, 'code');
  const { child } = await started(['script', '-qec', line, '/dev/null'], isReached, { CODE: code });
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
