/**
 * Ends a test run with a list of skipped tests by their reason, and one line of counts.
 *
 * A test that cannot run here says so with `context.skip('missing: deno')`. In CI nothing may be missing, and nothing
 * may be skipped without a reason: there, such a test fails the run.
 */
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';

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
    for (const why of new Set(skipped.map(reason))) {
      this.#print(`skipped (${skipped.filter((test) => reason(test) === why).length}), ${why}`);
      for (const module of modules) {
        for (const name of skippedFor(why, module, module.relativeModuleId)) this.#print(`  ${name}`);
      }
    }
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

/** The names of the tests in a file or suite that were skipped for that reason; one name for all of a suite. */
function skippedFor(why: string, parent: TestModule | TestSuite, name: string): readonly string[] {
  const isAffected = (test: TestCase): boolean => test.result().state === 'skipped' && reason(test) === why;
  const tests = [...parent.children.allTests()];
  if (tests.length > 1 && tests.every(isAffected)) return [`${name}: all ${tests.length} tests`];
  return [...parent.children].flatMap((child) => {
    const own = `${name} > ${child.name}`;
    if (child.type === 'suite') return skippedFor(why, child, own);
    return isAffected(child) ? [own] : [];
  });
}

function reason(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  return test.options.mode === 'todo' ? 'to do' : noReason;
}

function mustNotHappenInCi(why: string): boolean {
  return why === noReason || why.startsWith('missing');
}
