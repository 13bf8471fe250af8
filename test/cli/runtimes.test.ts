/** The same program on Node, Deno and Bun: the same output, the same exit codes, and a clean stop on Ctrl-C. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { cli, parsed, program } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { bun, deno, newNode, node } from '../support/runtimes.ts';
import { nativeRows } from '../support/tables.ts';

const dist = dirname(program);
/** Four runtimes start one after the other, on machines that are busy with other work. */
const patient = 120_000;

describe.each([node, newNode, deno, bun])('$name', (runtime) => {
  beforeEach((context) => {
    if (runtime.command === null) context.skip(runtime.missing);
  });

  test(
    'lists, migrates, converts and checks',
    async () => {
      await inTemporaryFolder(async (folder) => {
        const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
        const target = join(folder, 'target.sqlite');
        const rows = 'SELECT id, display_name AS name, size, status FROM volumes ORDER BY created_at DESC, id DESC';
        expect(parsed(await cli(['ls', path, '--json'], { runtime }))).toMatchObject(nativeRows(path, rows));
        const report = parsed(await cli(['migrate', path, target, '--json'], { runtime }));
        expect(report).toMatchObject({ volumes: 55, snapshots: 35, connections: 17, key_values: 11, differences: [] });
        const dump = await cli(['dump', target, '--show-secrets'], { runtime });
        const back = join(folder, 'back.sqlite');
        const loaded = await cli(['load', '-', back, '--json'], { runtime, input: dump.out });
        expect(parsed(loaded)).toMatchObject({ volumes: 55, key_values: 11, differences: [] });
        expect((await cli(['check', target], { runtime })).out).toContain('The database is sound.');
        expect(readdirSync(folder).sort()).toEqual(['back.sqlite', 'rich.sqlite', 'target.sqlite']);
      });
    },
    patient,
  );

  test(
    'exits with the documented codes',
    async () => {
      expect((await cli(['nonsense'], { runtime })).code).toBe(2);
      expect((await cli(['ls', 'missing.sqlite'], { runtime })).code).toBe(1);
      await inTemporaryFolder(async (folder) => {
        const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
        expect((await cli(['check', path], { runtime })).code).toBe(3);
        expect((await cli(['show', path, 'nobody'], { runtime })).code).toBe(4);
      });
    },
    patient,
  );

  // Both signals are handled alike: testing SIGTERM on one runtime is enough.
  const signals = [['SIGINT', 130] as const, ...(runtime === node ? [['SIGTERM', 143] as const] : [])];
  test.each(signals)(
    'rolls back an unfinished migration on %s, and a second run completes it',
    async (signal, code) => {
      await inTemporaryFolder(async (folder) => {
        const source = copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
        const target = join(folder, 'target.sqlite');
        const [command = '', ...options] = runtime.command ?? [];
        const parameters = [...options, program, 'migrate', source, target, '--json'];
        const child = spawn(command, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
        const ended = new Promise((resolve) => child.once('close', resolve));
        let said = '';
        child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
        while (!existsSync(`${target}-journal`)) await setTimeout(5);
        child.kill(signal);
        expect(await ended).toBe(code);
        expect(JSON.parse(said)).toMatchObject({ error: { name: 'Stopped', code: 'STOPPED' } });
        expect(readdirSync(folder)).toEqual(['many.sqlite']);
        const again = parsed(await cli(['migrate', source, target, '--json'], { runtime }));
        expect(again).toMatchObject({ volumes: 5000, differences: [] });
        expect(nativeRows(target, 'SELECT count(*) AS n FROM volumes')).toEqual([{ n: 5000 }]);
      });
    },
    patient,
  );
});

/** Converts a database, and sends SIGINT once the last message is there. The code is null if the signal ended it. */
async function interruptedAtTheEnd(source: string, target: string): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [program, 'convert', source, target], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
    if (said.includes('--no-key-values')) child.kill('SIGINT');
  });
  return { code: await ended, said };
}

test(
  'a signal that arrives once all work is done changes neither the result nor the exit code',
  async () => {
    await inTemporaryFolder(async (folder) => {
      const source = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
      for (let attempt = 1; ; attempt++) {
        const { code, said } = await interruptedAtTheEnd(source, join(folder, `${attempt}.json`));
        expect(said).not.toContain('Stopped');
        expect(readdirSync(folder)).toHaveLength(1 + attempt);
        // At its very end, Node no longer handles signals: this one came too late to be one for the program.
        if (code === null && attempt < 20) continue;
        expect(code).toBe(0);
        break;
      }
    });
  },
  patient,
);

describe('Deno with permission to read and write the folder alone', () => {
  const [program = '', ...others] = deno.command ?? [];
  const { name, missing } = deno;
  // The package lies outside of the working folder, and is only read.
  const runtime = (folder: string, ...more: readonly string[]) => ({
    ...{ name, missing },
    command: [
      ...[program, ...others.filter((option) => option !== '--allow-all')],
      ...['--no-prompt', `--allow-read=${folder},${dist}`, `--allow-write=${folder}`, ...more],
    ] as const,
  });

  beforeEach((context) => {
    if (deno.command === null) context.skip(deno.missing);
  });

  test(
    'lists, migrates, converts and replaces',
    async () => {
      await inTemporaryFolder(async (folder) => {
        copyGolden('one.sqlite', join(folder, 'one.sqlite'));
        const run = { runtime: runtime(folder), cwd: folder, env: { TERM: 'xterm', CI: 'true' } };
        expect(await cli(['ls', 'one.sqlite'], run)).toMatchObject({ code: 0, err: '' });
        expect(await cli(['nonsense'], run)).toMatchObject({ code: 2, out: '' });
        expect(await cli(['migrate', 'one.sqlite', 'new.sqlite'], run)).toMatchObject({ code: 0, err: '' });
        expect(await cli(['convert', 'one.sqlite', 'new.sqlite', '--force'], run)).toMatchObject({ code: 0, err: '' });
        expect(await cli(['convert', 'new.sqlite', 'new.json'], run)).toMatchObject({ code: 0 });
        expect(readdirSync(folder).sort()).toEqual(['new.json', 'new.sqlite', 'one.sqlite']);
      });
    },
    patient,
  );

  test(
    'names the missing flag, with the full path of the folder',
    async () => {
      await inTemporaryFolder(async (folder) => {
        copyGolden('one.sqlite', join(folder, 'one.sqlite'));
        const { name, missing, command } = runtime(folder);
        const reading = command.filter((option) => !option.startsWith('--allow-write'));
        const run = { runtime: { name, missing, command: [program, ...reading.slice(1)] as const }, cwd: folder };
        for (const target of ['new.json', 'new.sqlite']) {
          const { code, err } = await cli(['convert', 'one.sqlite', target], run);
          expect(code).toBe(1);
          expect(err).toMatch(
            new RegExp(`^error: Cannot \\w+ ${target}: Deno was not allowed to write there\\..*\\n$`),
          );
          expect(err).toContain(` --allow-write=${folder}.\n`);
        }
        expect(readdirSync(folder)).toEqual(['one.sqlite']);
      });
    },
    patient,
  );

  test(
    'uses the environment variables that it may read',
    async () => {
      await inTemporaryFolder(async (folder) => {
        copyGolden('one.sqlite', join(folder, 'one.sqlite'));
        const env = { FORCE_COLOR: '1' };
        const plain = await cli(['check', 'one.sqlite'], { runtime: runtime(folder), cwd: folder, env });
        expect(plain.out).toBe('The database is sound.\n');
        const shown = runtime(folder, '--allow-env=FORCE_COLOR');
        const painted = await cli(['check', 'one.sqlite'], { runtime: shown, cwd: folder, env });
        expect(painted.out).toBe('\u001b[32mThe database is sound.\u001b[39m\n');
      });
    },
    patient,
  );
});
