/** Configures the tests: those that import the package by name run against the build, loaded by Node itself. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { SummaryReporter } from './scripts/summary-reporter.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Begins with the files that take minutes: one that comes last would run by itself. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/test\/(?:runtimes|crash|tabs)\//.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cinderlib-wasm$/, replacement: path('./dist/index.js') },
      { find: /^cinderlib-wasm\/testing$/, replacement: path('./dist/testing.js') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    sequence: { sequencer: LongFilesFirst },
    // Most test files wait for disks, servers and browsers: two at a time keep two cores busy. With more cores, half as
    // many files, since most start programs of their own.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The default of one second is not enough for a browser on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', new SummaryReporter()],
    // Vite must not transform the bundle: it finds its worker and its engine through `import.meta.url`.
    server: { deps: { external: [/\/dist\/[^/]+\.js$/] } },
  },
});
