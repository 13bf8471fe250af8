/** The native programs that tests run. A test that needs one which is missing is skipped; in CI, it fails. */
import { spawnSync } from 'node:child_process';
import { TestRunner } from 'vitest';

/** The programs, each with parameters that succeed if it can do what the tests ask of it. */
const checks = {
  sqlite3: ['-version'],
  python3: ['-c', 'import sqlite3'],
  openssl: ['version'],
} as const;
export type NativeProgram = keyof typeof checks;

const reasons = new Map<NativeProgram, string | null>();

/** Why the program cannot be used, as a reason to skip; null if it can. */
export function missingProgram(name: NativeProgram): string | null {
  let reason = reasons.get(name);
  if (reason === undefined) {
    const { status } = spawnSync(name, checks[name], { stdio: 'ignore' });
    reason = status === 0 ? null : `missing: ${name}; apt-get install ${name}`;
    reasons.set(name, reason);
  }
  return reason;
}

/**
 * Skips the running test if one of these programs is missing; in CI, fails it instead. Tests that run concurrently
 * cannot use it: vitest does not know which of them calls.
 */
export function needs(...names: readonly NativeProgram[]): void {
  for (const name of names) {
    const reason = missingProgram(name);
    if (reason === null) continue;
    const test = process.env['CI'] ? undefined : TestRunner.getCurrentTest();
    test?.context.skip(reason);
    throw new Error(reason);
  }
}

/** The name of a program for a test to run, which {@link needs} it. */
export function needed(name: NativeProgram): string {
  needs(name);
  return name;
}
