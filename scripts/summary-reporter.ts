/**
 * Ends a test run with a list of skipped tests, each with its reason, and one line of counts.
 *
 * A test that cannot run here says so with `context.skip('missing: deno')`. In CI nothing may be missing, and nothing
 * may be skipped without a reason: there, such a test fails the run.
 */
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

const noReason = 'no reason given';

export class SummaryReporter implements Reporter {
  readonly #print: (line: string) => void;
  readonly #inCi: boolean;

  constructor(
    print: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
    inCi = Boolean(process.env['CI']),
  ) {
    this.#print = print;
    this.#inCi = inCi;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // A file that fails to load has no tests, and an error outside of tests belongs to none.
    const broken = modules.flatMap((module) => [
      ...module.errors(),
      ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    for (const test of skipped)
      this.#print(`skipped: ${test.module.relativeModuleId}: ${test.fullName}: ${reason(test)}`);
    const unexcused = this.#inCi ? skipped.filter((test) => mustNotHappenInCi(reason(test))) : [];
    if (unexcused.length > 0) {
      this.#print(
        `${unexcused.length} of the skipped tests must run in CI: something is missing, or no reason was given.`,
      );
    }
    const failed = count('failed') + broken.length + unhandled.length;
    if (failed > 0 || unexcused.length > 0) process.exitCode = 1;
    this.#print(`${count('passed')} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}

function reason(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  return test.options.mode === 'todo' ? 'to do' : noReason;
}

function mustNotHappenInCi(why: string): boolean {
  return why === noReason || why.startsWith('missing');
}
