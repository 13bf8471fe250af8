/** The last line of a test run, in real test runs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
let folder: string;

beforeAll(() => {
  // Inside the repository: the tests in it import vitest.
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache', 'summary-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs vitest on one file of tests; returns its exit code and its output. */
function run(tests: string, environment: Record<string, string> = {}): { status: number | null; lines: string[] } {
  writeFileSync(join(folder, 'one.test.ts'), `import { describe, expect, it } from 'vitest';\n${tests}`);
  const { CI: _, ...inherited } = process.env;
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status, stdout } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', root, '--dir', folder, '--config', writeConfig()],
    { encoding: 'utf8', env: { ...inherited, NO_COLOR: '1', ...environment }, cwd: root },
  );
  return { status, lines: stdout.trimEnd().split('\n') };
}

function writeConfig(): string {
  const file = join(folder, 'vitest.config.ts');
  const reporter = JSON.stringify(join(root, 'scripts/summary-reporter.ts'));
  const text = `import { SummaryReporter } from ${reporter};
    export default { test: { include: ['**/*.test.ts'], reporters: ['default', new SummaryReporter()] } };`;
  writeFileSync(file, text);
  return file;
}

describe('SummaryReporter', () => {
  it('counts passed tests', () => {
    const { status, lines } = run("it('a', () => {}); describe('d', () => it('b', () => {}));");
    expect(lines.at(-1)).toBe('2 passed, 0 failed, 0 skipped');
    expect(status).toBe(0);
  });

  it('counts failed tests', () => {
    const { status, lines } = run("it('a', () => {}); it('b', () => expect(1).toBe(2));");
    expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  it('counts a file that does not load, and an uncaught error, as failed', () => {
    expect(run("throw new Error('broken');").lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    const { status, lines } = run(
      "it('a', () => { setTimeout(() => { throw new Error('late'); }, 0); }); it('b', () => new Promise((r) => setTimeout(r, 50)));",
    );
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  const skipping = "it('with deno', (context) => context.skip('missing: deno; npm i -D deno'));";

  it('lists the skipped tests by their reason', () => {
    const { status, lines } = run(`it('a', () => {}); describe('d', () => { ${skipping} }); it.todo('later');`);
    expect(lines.at(-1)).toBe('1 passed, 0 failed, 2 skipped');
    expect(lines.slice(-5, -1)).toStrictEqual([
      'skipped (1), missing: deno; npm i -D deno',
      expect.stringMatching(/^ {2}.*one\.test\.ts > d > with deno$/),
      'skipped (1), to do',
      expect.stringMatching(/^ {2}.*one\.test\.ts > later$/),
    ]);
    expect(status).toBe(0);
  });

  it('names a suite whose tests are all skipped, with their number', () => {
    const { lines } = run(
      `describe('d', () => { describe('e', () => { ${skipping} ${skipping} }); it('b', () => {}); });`,
    );
    expect(lines.slice(-3)).toStrictEqual([
      'skipped (2), missing: deno; npm i -D deno',
      expect.stringMatching(/^ {2}.*one\.test\.ts > d > e: all 2 tests$/),
      '1 passed, 0 failed, 2 skipped',
    ]);
  });

  it('fails in CI if a requirement is missing, or a skipped test gives no reason', () => {
    for (const tests of [skipping, "it.skip('quietly', () => {});"]) {
      const { status, lines } = run(`it('a', () => {}); ${tests}`, { CI: 'true' });
      expect(lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
      expect(lines.at(-2)).toMatch(/must run in CI/);
      expect(status).toBe(1);
    }
  });

  it('does not fail in CI for tests skipped for other reasons', () => {
    const { status } = run("it('a', () => {}); it('b', (context) => context.skip('only on Windows'));", { CI: 'true' });
    expect(status).toBe(0);
  });
});
